import Competition
import Logging
import Rounds
import ServiceRuntime
import Synchronization
import Telemetry

/// Writes `metrics-file` every 5 s and once more at the end, in a task of its own: a file system
/// that hangs holds up neither the models nor the stop.
final class MetricsReporter: Sendable {
  private static let interval = Duration.seconds(5)
  /// What the last write may take.
  private static let lastWriteTime = Duration.milliseconds(500)

  private struct State {
    var task: Task<Void, Never>?
    /// What was seen last: the orchestrator can't be asked any more once it has stopped.
    var seen: [MetricFamily] = []
    var isFailing = false
  }

  private let file: MetricsFile
  private let look: @Sendable () async -> [MetricFamily]
  private let logger: Logger
  private let startedAt = UTCTime.now()
  private let registry = MetricsRegistry()
  private let state = Mutex(State())

  /// - Parameters:
  ///   - path: The file.
  ///   - logger: Told when the file can't be written.
  ///   - look: Gives what the orchestrator says of itself now.
  init(
    path: String, logger: Logger, look: @escaping @Sendable () async -> [MetricFamily]
  ) {
    file = MetricsFile(path: path)
    self.logger = logger
    self.look = look
  }

  /// Writes the first text and goes on until `finish`.
  func start() {
    let task = Task { [self] in
      while !Task.isCancelled {
        let families = await look()
        state.withLock { $0.seen = families }
        write(isRunning: true)
        try? await Task.sleep(for: Self.interval)
      }
    }
    state.withLock { $0.task = task }
  }

  /// Ends the task and writes the last text, with what was seen last.
  func finish() async {
    let task = state.withLock(\.task)
    task?.cancel()
    do {
      let deadline = MonotonicInstant.now().advanced(by: Self.lastWriteTime)
      try await BoundedWait.run("writing metrics-file", by: deadline) { [self] in
        await task?.value
        write(isRunning: false)
      }
    } catch {
      logger.warning(
        "metrics-file hangs", metadata: [LogKey.path: "\(file.path)", LogKey.reason: "\(error)"])
    }
  }

  private func write(isRunning: Bool) {
    var failure: MetricsFileError?
    do throws(MetricsFileError) {
      try file.write(text(isRunning: isRunning))
    } catch {
      failure = error
    }
    note(failure)
  }

  private func text(isRunning: Bool) -> String {
    var build = MetricFamily(.gauge, "updraft_build_info", "The program's version; always 1.")
    build.add(1, ["program": "model-orchestrator", "version": updraftVersion])
    let own = [
      build,
      MetricFamily(
        .gauge, "updraft_running", "1 while the game runs, 0 in the last text of a program.",
        value: isRunning ? 1 : 0),
      MetricFamily(
        .gauge, "updraft_metrics_timestamp_seconds", "When this text was written, Unix time.",
        value: Double(UTCTime.now().microsecondsSinceEpoch) / 1e6),
    ]
    return registry.text(
      adding: own + state.withLock(\.seen) + ProcessMetrics.families(startedAt: startedAt))
  }

  /// Tells the first failure of several in a row, and when it is over.
  private func note(_ error: MetricsFileError?) {
    let wasFailing = state.withLock { state in
      defer { state.isFailing = error != nil }
      return state.isFailing
    }
    if let error, !wasFailing {
      logger.warning(
        "metrics-file is not written; it is tried again every 5 s",
        metadata: [LogKey.reason: "\(error)"])
    } else if error == nil, wasFailing {
      logger.notice("metrics-file is written again", metadata: [LogKey.path: "\(file.path)"])
    }
  }
}
