/// A text that could not be read as the JSON that was wanted.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, where.
  public let flaw: JSONFlaw
  /// What was being read.
  public let doing: String

  /// One line: what was being read, and the flaw.
  public var description: String { "\(doing): \(flaw.text)" }
}
