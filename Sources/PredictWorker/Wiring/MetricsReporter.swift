import Competition
import GameSetup
import Logging
import ModelRunner
import PredictSetup
import PriceFeed
import Rounds
import Storage
import Synchronization
import Telemetry

/// Writes `metrics_file` every 5 s and once more at the end, in a task of its own that asks nothing
/// of the database: the file stays true while that is away.
final class MetricsReporter: Sendable {
  private struct State {
    var task: Task<Void, Never>?
    /// The cluster's last numbers: it can't be asked any more once it has stopped.
    var cluster: ClusterStatistics?
  }

  private let file: MetricsWriter
  private let metrics: GameMetrics
  private let writer: RoundWriter
  private let book: PriceBook
  private let cluster: ModelCluster
  private let access: ModelAccess
  private let startedAt = UTCTime.now()
  private let state = Mutex(State())

  init(
    path: String, _ metrics: GameMetrics, _ writer: RoundWriter, _ book: PriceBook,
    _ cluster: ModelCluster, _ access: ModelAccess, logger: Logger
  ) {
    file = MetricsWriter(path: path, logger: logger)
    self.metrics = metrics
    self.writer = writer
    self.book = book
    self.cluster = cluster
    self.access = access
  }

  /// Writes the first text and goes on until `stopAsking`.
  func start() {
    let task = Task { [self] in
      while !Task.isCancelled {
        await look()
        if Task.isCancelled { return }
        await write(isRunning: true)
        try? await Task.sleep(for: MetricsWriter.interval)
      }
    }
    state.withLock { $0.task = task }
  }

  /// Ends the task with a last look at the cluster, which may stop after this.
  func stopAsking() async {
    let task = state.withLock { $0.task }
    task?.cancel()
    await look()
    await file.finish { await task?.value }
  }

  /// Writes the last text, after everything has stopped.
  func finish() async {
    await file.finish { [self] in await write(isRunning: false) }
  }

  private func look() async {
    let statistics = await cluster.statistics()
    state.withLock { $0.cluster = statistics }
  }

  private func write(isRunning: Bool) async { await file.write(text(isRunning: isRunning)) }

  private func text(isRunning: Bool) -> String {
    var families = ProgramMetrics.families(
      of: "predict-worker", startedAt: startedAt, at: .now(), isRunning: isRunning)
    families += StorageMetrics.families(of: writer.statistics, at: .now())
    families += MetricsSources.families(of: book.statistics())
    if let cluster = state.withLock(\.cluster) {
      families += MetricsSources.families(of: cluster)
      families += SecurityMetrics.families(of: access, cluster, at: .now())
    }
    return metrics.registry.text(adding: families)
  }
}
