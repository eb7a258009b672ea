/// How often models' processes were started.
struct ModelStarts: Hashable, Sendable {
  /// All starts.
  private(set) var count = 0
  /// Those that weren't their model's first: after a crash, or with new code.
  private(set) var againCount = 0

  /// Adds a model that was started so often.
  mutating func add(_ startCount: Int) {
    count += startCount
    againCount += max(0, startCount - 1)
  }
}
