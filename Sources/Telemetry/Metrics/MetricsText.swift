/// Prometheus's text format, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
enum MetricsText {
  /// The families by name, each line ended; `labels` stand before every sample's own.
  static func text(
    of families: [MetricFamily], labels: [(name: String, value: String)]
  ) -> String {
    var text = ""
    for family in merged(families) where !family.samples.isEmpty {
      text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
      text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      for sample in family.samples {
        text += family.name
        text += sample.suffix
        append(labels + sample.labels, to: &text)
        text += " \(number(sample.value))\n"
      }
    }
    return text
  }

  /// The number with the fewest digits that read back as the same; `+Inf`, `-Inf` and `NaN`.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value) { return "\(whole)" }
    return "\(value)"
  }

  private static func merged(_ families: [MetricFamily]) -> [MetricFamily] {
    var byName: [String: MetricFamily] = [:]
    for family in families {
      if byName[family.name]?.merge(family) == nil { byName[family.name] = family }
    }
    return byName.values.sorted { $0.name < $1.name }
  }

  private static func append(
    _ labels: [(name: String, value: String)], to text: inout String
  ) {
    guard !labels.isEmpty else { return }
    let parts = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    text += "{" + parts.joined(separator: ",") + "}"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
