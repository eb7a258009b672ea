/// One thing that was looked at before a start, and how it is.
public struct InspectionFinding: Hashable, Sendable {
  /// How bad it is.
  public enum Severity: Hashable, Sendable {
    /// As it should be.
    case fine
    /// It works, and somebody should know.
    case warning
    /// The orchestrator could not do its work.
    case failure
  }

  /// What was looked at: `models`, `python`.
  public let name: String
  /// How bad it is.
  public let severity: Severity
  /// What was found, one line.
  public let text: String
  /// What to do; nil when it is fine.
  public let remedy: String?

  static func fine(_ name: String, _ text: String) -> InspectionFinding {
    InspectionFinding(name: name, severity: .fine, text: text, remedy: nil)
  }

  static func warning(_ name: String, _ text: String, do remedy: String) -> InspectionFinding {
    InspectionFinding(name: name, severity: .warning, text: text, remedy: remedy)
  }

  static func failure(_ name: String, _ text: String, do remedy: String) -> InspectionFinding {
    InspectionFinding(name: name, severity: .failure, text: text, remedy: remedy)
  }
}
