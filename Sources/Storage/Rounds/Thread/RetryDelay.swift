/// The time to the next try: doubling from 100 ms to 2 s, each between half of it and the whole.
///
/// A try that fails costs next to nothing, and rounds wait: a database that returns is found within
/// 2 s. The jitter keeps several workers from knocking at it in step.
struct RetryDelay {
  private static let first = Duration.milliseconds(100)
  private static let longest = Duration.seconds(2)
  private var step = first

  /// The delay after one more failure; `fraction` is a random number from 0 to 1.
  mutating func next(fraction: Double = .random(in: 0...1)) -> Duration {
    defer { step = min(step * 2, Self.longest) }
    return step * (0.5 + fraction / 2)
  }

  /// Starts over after a success.
  mutating func reset() { step = Self.first }
}
