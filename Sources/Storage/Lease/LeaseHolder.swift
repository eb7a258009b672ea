public import Competition

/// Who holds a part of a game: a session of the server, as `pg_stat_activity` shows it.
public struct LeaseHolder: Hashable, Sendable, CustomStringConvertible {
  /// The part that it holds.
  public let shard: Shard
  /// The server process of the session, as `pg_terminate_backend` takes it.
  public let processID: Int
  /// What the session calls itself, with the worker's process and machine:
  /// `updraft lease 1/2 4711@host`.
  public let applicationName: String
  /// Where it comes from; nil for a Unix socket, and when the role may not see it.
  public let clientAddress: String?
  /// When the session began; nil when the role may not see it.
  public let since: UTCTime?

  /// `server process 812 (updraft lease 1/1 4711@host) from 10.0.0.7 since 2026-11-22T10:00:00Z`.
  public var description: String {
    "server process \(processID) (\(applicationName))"
      + (clientAddress.map { " from \($0)" } ?? "") + (since.map { " since \($0.iso8601)" } ?? "")
  }

  /// Whether it is one and the same session; a process id alone may have been given again.
  func isSameSession(as other: LeaseHolder) -> Bool {
    processID == other.processID && since != nil && since == other.since
  }
}
