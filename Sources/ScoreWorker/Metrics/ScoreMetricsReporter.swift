import Competition
import GameSetup
import Logging

/// Writes the metrics file every 5 s and once more at the end, in a task of its own.
struct ScoreMetricsReporter {
  private let writer: MetricsWriter
  private let metrics: ScoreMetrics
  private let task: Task<Void, Never>

  /// Begins to write.
  init(path: String, _ metrics: ScoreMetrics, logger: Logger) {
    let writer = MetricsWriter(path: path, logger: logger)
    task = Task {
      while !Task.isCancelled {
        await writer.write(metrics.text(at: .now(), isRunning: true))
        try? await Task.sleep(for: MetricsWriter.interval)
      }
    }
    (self.writer, self.metrics) = (writer, metrics)
  }

  /// Writes the last text.
  func finish() async {
    task.cancel()
    await writer.finish { [task, writer, metrics] in
      await task.value
      await writer.write(metrics.text(at: .now(), isRunning: false))
    }
  }
}
