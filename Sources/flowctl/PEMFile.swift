import FlowCore

/// A look at a file of certificates or keys before TLS has it, which would not say what is wrong with which file.
enum PEMFile {
  /// What is missing, for an option that names such a file; nil when all seems there.
  static func problem(_ bytes: [UInt8], of option: String) -> String? {
    let isKey = option.hasSuffix("key")
    let found = blocks(of: String(decoding: bytes, as: UTF8.self)).filter { $0.label.hasSuffix(isKey ? "PRIVATE KEY" : "CERTIFICATE") }
    let what = isKey ? "private key" : "certificate"
    guard !found.isEmpty else { return "it holds no \(what) in PEM form (-----BEGIN \(isKey ? "PRIVATE KEY" : "CERTIFICATE")-----)" }
    // An encrypted key of the old form has headers of its own.
    let isWhole = isKey || found.allSatisfy { decodeBase64($0.body)?.first == 0x30 }
    return isWhole ? nil : "what stands in it as a \(what) is none"
  }

  private static func blocks(of text: String) -> [(label: String, body: String)] {
    var blocks: [(label: String, body: String)] = []
    var open: (label: String, body: String)?
    for line in text.split(whereSeparator: \.isNewline) {
      if let label = label(of: line, "-----BEGIN ") {
        open = (label, "")
      } else if let label = label(of: line, "-----END ") {
        if let block = open, block.label == label { blocks.append(block) }
        open = nil
      } else {
        open?.body += line
      }
    }
    return blocks
  }

  private static func label(of line: Substring, _ mark: String) -> String? {
    var line = line
    while line.last?.isWhitespace == true { line.removeLast() }
    guard line.hasPrefix(mark), line.hasSuffix("-----"), line.utf8.count > mark.utf8.count + 5 else { return nil }
    return String(line.dropFirst(mark.count).dropLast(5))
  }
}
