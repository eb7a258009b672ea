import Competition
import Glibc

/// When the next batch may go: the server and its writers get at least as much time as pruning
/// takes.
struct PruningPace {
  /// The shortest time between two batches.
  static let pauseMin = Duration.milliseconds(50)
  /// How often a waiting pruning looks whether it is to stop.
  private static let lookEvery = Duration.milliseconds(50)

  let pauseMin: Duration
  let isStopped: () -> Bool

  /// Runs `body` and rests for as long as it took.
  ///
  /// - Returns: what `body` returns; nil when pruning is to stop, before `body` is run.
  func run<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result? {
    guard !isStopped() else { return nil }
    let start = MonotonicInstant.now()
    let result = try body()
    let end = MonotonicInstant.now()
    rest(until: end.advanced(by: pauseMin == .zero ? .zero : max(pauseMin, end.since(start))))
    return result
  }

  private func rest(until end: MonotonicInstant) {
    while !isStopped() {
      let left = end.since(.now())
      guard left > .zero else { return }
      poll(nil, 0, Int32(clamping: min(left, Self.lookEvery).milliseconds + 1))
    }
  }
}
