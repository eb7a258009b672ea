/// Counts a model's answers that arrived in time and were refused later, where they are stored.
///
/// The call itself ended well and has told the breaker so; this counter keeps its own account, so
/// that a model whose every answer is useless is reported like one that fails. An accepted answer
/// clears it; a call without an answer leaves it.
public struct RefusedAnswers: Hashable, Sendable {
  private let countMax: Int
  /// Answers refused since the last accepted one.
  public private(set) var count = 0

  /// A counter with the limit `failuresMax`; 0 turns it off.
  public init(_ settings: BreakerSettings) { countMax = settings.failuresMax }

  /// Takes in that an answer was refused.
  public mutating func refused() -> BreakerAction {
    count += 1
    guard countMax > 0, count > countMax else { return .none }
    return .report(
      .multipleFailed,
      reason: "\(count) answers without a usable one between them, \(countMax) are allowed")
  }

  /// Takes in that an answer was stored.
  public mutating func accepted() { count = 0 }
}
