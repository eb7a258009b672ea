internal import Competition
public import Logging
internal import Synchronization
internal import Telemetry

/// Writes a program's metrics file from a thread of its own, and tells once when it can't.
public final class MetricsWriter: Sendable {
  /// How often a new text is due.
  public static let interval = Duration.seconds(5)
  /// What the last write may take; a file system that hangs doesn't hold up the program's end.
  private static let lastWriteTime = Duration.milliseconds(500)

  private let file: MetricsFile
  private let logger: Logger
  private let isFailing = Mutex(false)

  /// A writer of the file at `path`; nothing is done yet.
  public init(path: String, logger: Logger) {
    file = MetricsFile(path: path)
    self.logger = logger
  }

  /// Replaces the file's text. The first failure of several in a row is logged, and their end.
  public func write(_ text: String) async {
    let error = await runBlocking { [file] () -> MetricsFileError? in
      do throws(MetricsFileError) {
        try file.write(text)
        return nil
      } catch {
        return error
      }
    }
    note(error)
  }

  /// Waits until `body` has ended, for half a second at most.
  public func finish(_ body: @escaping @Sendable () async -> Void) async {
    do {
      try await BoundedWait.run(
        "writing metrics_file", by: .now().advanced(by: Self.lastWriteTime), body)
    } catch {
      logger.warning(
        "metrics_file hangs", metadata: [LogKey.path: "\(file.path)", LogKey.reason: "\(error)"])
    }
  }

  private func note(_ error: MetricsFileError?) {
    let wasFailing = isFailing.withLock { isFailing in
      defer { isFailing = error != nil }
      return isFailing
    }
    if let error, !wasFailing {
      logger.warning(
        "metrics_file is not written; it is tried again every 5 s",
        metadata: [LogKey.reason: "\(error)"])
    } else if error == nil, wasFailing {
      logger.notice("metrics_file is written again", metadata: [LogKey.path: "\(file.path)"])
    }
  }
}
