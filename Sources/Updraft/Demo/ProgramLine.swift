import JSON

/// A log line of a program that logs JSON.
struct ProgramLine {
  /// `info`, `notice`, `warning`, …
  let level: String
  /// What happened.
  let message: String
  private let fields: JSONValue

  /// Nil when the text is no log line.
  init?(_ text: String) {
    guard text.hasPrefix("{"), let fields = try? JSONValue.parse(text: text),
      let message = fields["message"]?.stringValue
    else { return nil }
    self.fields = fields
    self.message = message
    level = fields["level"]?.stringValue ?? "info"
  }

  /// A field as text; nil when it is missing.
  subscript(key: String) -> String? {
    switch fields[key] {
    case .string(let text): text
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    default: nil
    }
  }

  /// A field as a whole number.
  func count(_ key: String) -> Int? { self[key].flatMap(Int.init) }

  /// A field as a number.
  func number(_ key: String) -> Double? { self[key].flatMap(Double.init) }

  /// Whether somebody should see it.
  var isNotable: Bool { ["notice", "warning", "error", "critical"].contains(level) }

  /// The message with its model and its reason, for people.
  ///
  /// - Parameter nameOf: The name that people know a model by.
  /// - Returns: One line.
  func summary(nameOf: (String) -> String) -> String {
    let subject = self["model"].map { "\(nameOf($0)): " } ?? ""
    return subject + message + (self["reason"].map { ": \($0)" } ?? "")
  }
}
