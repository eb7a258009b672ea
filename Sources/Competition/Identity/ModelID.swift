/// The stable identity of one participant's model, as the orchestrator names it.
///
/// It outlives deployments: a redeployed model keeps its `ModelID`, its database row and its
/// scores.
public struct ModelID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The orchestrator's text, used unchanged as the key of `models`.
  public let rawValue: String

  /// Wraps the orchestrator's text.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Wraps the orchestrator's text.
  public init(_ rawValue: String) { self.rawValue = rawValue }

  /// The text itself.
  public var description: String { rawValue }

  /// Orders by the UTF-8 text, the tie-breaker of rosters and leaderboards.
  public static func < (left: ModelID, right: ModelID) -> Bool { left.rawValue < right.rawValue }
}
