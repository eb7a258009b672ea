/// Why a scratch server could not be started or run, with what to do about it.
public struct ScratchPostgresError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong and what to do, one line; the end of the server's log may follow.
  public let description: String

  init(_ message: String, hint: String) { description = "scratch PostgreSQL: \(message); \(hint)" }
}
