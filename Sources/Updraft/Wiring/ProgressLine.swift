import Competition
import Glibc
import Telemetry

/// A line on standard error that is drawn anew in place; nothing without a terminal.
struct ProgressLine {
  private let isShown: Bool
  private var nextAt = MonotonicInstant.now()
  private static let interval = Duration.milliseconds(500)

  init(isShown: Bool = isatty(STDERR_FILENO) == 1) { self.isShown = isShown }

  /// Whether there is a terminal.
  var hasReader: Bool { isShown }

  /// Shows the text, twice a second at most.
  mutating func show(_ text: @autoclosure () -> String) {
    guard isShown else { return }
    let now = MonotonicInstant.now()
    guard now >= nextAt else { return }
    nextAt = now.advanced(by: Self.interval)
    LogSink.standardError.write("\r\u{1B}[K" + OneLine.escaped(text()))
  }

  /// Takes the line away.
  func clear() {
    if isShown { LogSink.standardError.write("\r\u{1B}[K") }
  }
}
