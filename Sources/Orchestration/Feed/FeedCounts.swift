public import Resilience

/// What happened at a feed since it began.
public struct FeedCounts: Hashable, Sendable {
  /// Clients that connected, with those that were turned away.
  public var connections = 0
  /// Clients whose connection the feed ended, by the reason.
  public var drops: [FeedDrop: Int] = [:]
  /// Failure reports that were passed on, by their code.
  public var reports: [FailureCode: Int] = [:]
  /// Failure reports of clients that may not report: without the token, or from elsewhere.
  public var forbiddenReports = 0
  /// Other messages and reports that weren't acted on: they made no sense, or named no model of
  /// their sender's competition.
  public var refusals = 0

  /// Nothing has happened.
  public init() {}

  /// Both together.
  static func + (one: FeedCounts, other: FeedCounts) -> FeedCounts {
    var sum = one
    sum.connections += other.connections
    sum.drops.merge(other.drops, uniquingKeysWith: +)
    sum.reports.merge(other.reports, uniquingKeysWith: +)
    sum.forbiddenReports += other.forbiddenReports
    sum.refusals += other.refusals
    return sum
  }
}
