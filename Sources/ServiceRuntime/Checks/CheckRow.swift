/// How one check ended, from harmless to bad.
public enum CheckResult: String, Hashable, Sendable, Comparable, CaseIterable {
  /// All is as it should be.
  case ok
  /// It works, and somebody should know.
  case warning
  /// The program could not do its work.
  case failure

  /// Orders by badness.
  public static func < (left: CheckResult, right: CheckResult) -> Bool {
    left.badness < right.badness
  }

  private var badness: Int {
    switch self {
    case .ok: 0
    case .warning: 1
    case .failure: 2
    }
  }
}

/// One line of a check table.
public struct CheckRow: Hashable, Sendable {
  /// What was checked: `database`, `orchestrator`.
  public let name: String
  /// How it ended.
  public let result: CheckResult
  /// What was found, one line: `PostgreSQL 15.20 at /run/postgresql`.
  public let finding: String
  /// What to do about it; nil when there is nothing to do.
  public let remedy: String?

  /// A check that found all well.
  public static func ok(_ name: String, _ finding: String) -> CheckRow {
    CheckRow(name: name, result: .ok, finding: finding, remedy: nil)
  }

  /// A check that found something to know about, and what to do.
  public static func warning(_ name: String, _ finding: String, remedy: String) -> CheckRow {
    CheckRow(name: name, result: .warning, finding: finding, remedy: remedy)
  }

  /// A check that failed, and what to do.
  public static func failure(_ name: String, _ finding: String, remedy: String) -> CheckRow {
    CheckRow(name: name, result: .failure, finding: finding, remedy: remedy)
  }
}
