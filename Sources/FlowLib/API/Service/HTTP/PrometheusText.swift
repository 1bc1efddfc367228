/// Writes Prometheus' text format, version 0.0.4: one family after the other, each with its HELP and TYPE.
struct PrometheusText {
  enum Kind: String { case counter, gauge }

  struct Sample {
    var labels: [(name: String, value: String)] = []
    var value: Double

    init(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
      self.labels = labels.map { ($0.key, $0.value) }
      self.value = value
    }

    init(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) { self.init(Double(value), labels) }
  }

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  /// A family without samples is left out.
  mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(PrometheusText.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(PrometheusText.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
      text += name + (labels.isEmpty ? "" : "{\(labels)}") + " \(PrometheusText.number(sample.value))\n"
    }
  }

  mutating func family(_ name: String, _ kind: Kind, _ help: String, _ value: Int?) {
    family(name, kind, help, value.map { [Sample($0)] } ?? [])
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" {
        out.append(contentsOf: "\\n".unicodeScalars)
      } else {
        if scalar == "\\" || (quotes && scalar == "\"") { out.append("\\") }
        out.append(scalar)
      }
    }
    return String(out)
  }

  private static func number(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    if value.isNaN { return "NaN" }
    return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : value.description
  }
}
