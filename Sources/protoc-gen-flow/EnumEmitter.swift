import FlowRPC

/// Writes one enum. Numbers without a name stay in `unrecognized`, aliases become constants.
struct EnumEmitter {
  private let item: Descriptor.EnumDescriptor
  private let path: [Int32]
  private let comments: Comments
  private let cases: [(name: String, number: Int32, commentPath: [Int32])]
  private let aliases: [(name: String, number: Int32)]

  init(_ item: Descriptor.EnumDescriptor, path: [Int32], comments: Comments) {
    self.item = item
    self.path = path
    self.comments = comments
    let names = Naming.cases(item.values.map(\.name))
    var seen: Set<Int32> = []
    var cases: [(String, Int32, [Int32])] = []
    var aliases: [(String, Int32)] = []
    for (index, value) in item.values.enumerated() {
      if seen.insert(value.number).inserted {
        cases.append((names[index], value.number, path + [2, Int32(index)]))
      } else {
        aliases.append((names[index], value.number))
      }
    }
    self.cases = cases
    self.aliases = aliases
  }

  func emit(to out: inout SourceWriter) {
    out.doc(comments[path])
    out.block("package enum \(Naming.type(item.name)): ProtoEnum") { out in
      for value in cases {
        out.doc(comments[value.commentPath])
        out.line("case \(value.name)")
      }
      out.line("/// A number that this version has no name for.")
      out.line("case unrecognized(Int32)")
      out.line()
      for alias in aliases { out.line("package static let \(alias.name) = Self(rawValue: \(alias.number))") }
      emitInit(to: &out)
      out.line()
      emitRawValue(to: &out)
      out.line()
      emitName(to: &out)
    }
  }

  private func emitInit(to out: inout SourceWriter) {
    out.block("package init(rawValue: Int32)") { out in
      out.line("switch rawValue {")
      for value in cases { out.line("case \(value.number): self = .\(value.name)") }
      out.line("default: self = .unrecognized(rawValue)")
      out.line("}")
    }
  }

  private func emitRawValue(to out: inout SourceWriter) {
    out.block("package var rawValue: Int32") { out in
      out.line("switch self {")
      for value in cases { out.line("case .\(value.name): \(value.number)") }
      out.line("case .unrecognized(let number): number")
      out.line("}")
    }
  }

  private func emitName(to out: inout SourceWriter) {
    out.line("/// The name in the `.proto` file; the number when it has none.")
    out.block("package var name: String") { out in
      out.line("switch self {")
      for value in cases {
        let name = item.values.first { $0.number == value.number }?.name ?? ""
        out.line("case .\(value.name): \"\(name)\"")
      }
      out.line("case .unrecognized(let number): String(number)")
      out.line("}")
    }
  }
}
