import Competition

/// A waiting time that grows with each failure in a row and is spread by jitter, so that many
/// clients that failed together don't come back together.
///
/// The n-th delay is drawn evenly from `[(1 − jitter) × d, d]` with `d = min × factorⁿ`, at most
/// `max`.
public struct Backoff: Hashable, Sendable {
  /// The longest first delay.
  public let min: Duration
  /// The longest delay of all.
  public let max: Duration
  /// How much longer each delay may be than the one before.
  public let factor: Double
  /// The share of a delay that chance may take away, 0 (none) to 1.
  public let jitter: Double
  /// The delays drawn since the start or the last `reset()`.
  public private(set) var attemptCount = 0

  /// Creates a back-off that has not waited yet.
  ///
  /// - Parameters:
  ///   - min: The longest first delay, above zero.
  ///   - max: The longest delay, not below `min`.
  ///   - factor: The growth per delay, at least 1.
  ///   - jitter: The share of a delay left to chance, 0 to 1.
  public init(min: Duration, max: Duration, factor: Double = 2, jitter: Double = 0.2) {
    self.min = min
    self.max = Swift.max(min, max)
    self.factor = Swift.max(1, factor)
    self.jitter = Swift.min(1, Swift.max(0, jitter))
  }

  /// Ours toward the orchestrator: 100 ms to 10 s with jitter, for ever.
  public static let orchestrator = Backoff(min: .milliseconds(100), max: .seconds(10))

  /// Draws the delay to wait now.
  public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
    let longest = min.inSeconds * power(attemptCount)
    if attemptCount < Int.max { attemptCount += 1 }
    let capped = Swift.min(longest, max.inSeconds)
    let kept = jitter == 0 ? 1 : 1 - jitter * Double.random(in: 0...1, using: &random)
    return .nanoseconds(Int64((capped * kept * 1e9).rounded()))
  }

  /// Starts again at `min`, after a success.
  public mutating func reset() { attemptCount = 0 }

  /// factorⁿ without overflow: the cap is reached long before the exponent gets large.
  private func power(_ exponent: Int) -> Double {
    var result = 1.0
    var left = exponent
    while left > 0, result < 1e12, factor > 1 {
      result *= factor
      left -= 1
    }
    return result
  }
}
