/// Latencies from the scheduled start: what a client that waits for its own last answer leaves out.
///
/// A round that takes longer than the interval delays those after it; measured from their late
/// start they look innocent ("coordinated omission", G. Tene, How NOT to Measure Latency, 2013).
public enum OpenLoop {
  /// The latencies of rounds that were due every `intervalMillis` and run one after another.
  ///
  /// Lindley's recursion (1952): the first round waits for nobody, w₀ = 0; the next one waits for
  /// what is left of the one before, wₙ₊₁ = max(0, wₙ + sₙ − T); a round's latency is wₙ + sₙ.
  ///
  /// - Parameters:
  ///   - wallMillis: the time that each round itself took. Shape: [roundCount].
  ///   - intervalMillis: T; 0 or less: a closed loop, nothing to correct.
  /// - Returns: milliseconds from each round's scheduled start to its end. Shape: [roundCount].
  public static func latencies(wallMillis: [Double], intervalMillis: Double) -> [Double] {
    guard intervalMillis > 0 else { return wallMillis }
    var wait = 0.0
    return wallMillis.map { wall in
      let latency = wait + wall
      wait = max(0, latency - intervalMillis)
      return latency
    }
  }
}
