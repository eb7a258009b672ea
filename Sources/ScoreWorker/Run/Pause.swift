import Competition
import Glibc

/// Waiting on the worker's own thread.
enum Pause {
  /// How often a wait looks whether it is to end.
  private static let lookEvery = Duration.milliseconds(100)

  /// Returns after `duration`, or soon after `isStopped` says so.
  static func rest(_ duration: Duration, isStopped: () -> Bool) {
    let end = MonotonicInstant.now().advanced(by: duration)
    while !isStopped() {
      let left = end.since(.now())
      guard left > .zero else { return }
      poll(nil, 0, Int32(clamping: min(left, lookEvery).milliseconds + 1))
    }
  }
}
