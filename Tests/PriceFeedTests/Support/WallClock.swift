import Competition
import Synchronization

/// A wall clock that stands still until it is set.
final class WallClock: Sendable {
  private let seconds: Mutex<Int64>

  init(_ seconds: Int64) { self.seconds = Mutex(seconds) }

  var now: UTCTime { UTCTime(secondsSinceEpoch: seconds.withLock { $0 }) }

  func set(_ seconds: Int64) { self.seconds.withLock { $0 = seconds } }
}
