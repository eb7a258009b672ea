import Competition
import Synchronization
import Telemetry

/// What a benchmark is at, on standard error: a line for each step, and one that is drawn anew.
final class BenchProgress: Sendable {
  private let line = Mutex(ProgressLine())
  private let start = MonotonicInstant.now()

  /// A step, kept.
  func say(_ text: String) {
    line.withLock { $0.clear() }
    let seconds = Int(MonotonicInstant.now().since(start).inSeconds)
    LogSink.standardError.write("bench: [\(seconds) s] \(OneLine.escaped(text))\n")
  }

  /// How far the step is; only on a terminal.
  func show(_ text: String) { line.withLock { $0.show(text) } }

  /// Takes the last text away.
  func clear() { line.withLock { $0.clear() } }
}
