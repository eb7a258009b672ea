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
  private static let interval = Duration.seconds(5)
  /// What a write may take at the end; a file system that hangs doesn't hold up the stop.
  private static let lastWriteTime = Duration.milliseconds(500)

  private struct State {
    var task: Task<Void, Never>?
    /// The cluster's last numbers: it can't be asked any more once it has stopped.
    var cluster: ClusterStatistics?
    var isFailing = false
  }

  private let file: MetricsFile
  private let metrics: GameMetrics
  private let writer: RoundWriter
  private let book: PriceBook
  private let cluster: ModelCluster
  private let access: ModelAccess
  private let logger: Logger
  private let startedAt = UTCTime.now()
  private let state = Mutex(State())

  init(
    path: String, _ metrics: GameMetrics, _ writer: RoundWriter, _ book: PriceBook,
    _ cluster: ModelCluster, _ access: ModelAccess, logger: Logger
  ) {
    file = MetricsFile(path: path)
    self.metrics = metrics
    self.writer = writer
    self.book = book
    self.cluster = cluster
    self.access = access
    self.logger = logger
  }

  /// Writes the first text and goes on until `stopAsking`.
  func start() {
    let task = Task { [self] in
      while !Task.isCancelled {
        await look()
        if Task.isCancelled { return }
        await write(isRunning: true)
        try? await Task.sleep(for: Self.interval)
      }
    }
    state.withLock { $0.task = task }
  }

  /// Ends the task with a last look at the cluster, which may stop after this.
  func stopAsking() async {
    let task = state.withLock { $0.task }
    task?.cancel()
    await look()
    let deadline = MonotonicInstant.now().advanced(by: Self.lastWriteTime)
    await within(deadline) { await task?.value }
  }

  /// Writes the last text, after everything has stopped.
  func finish() async {
    let deadline = MonotonicInstant.now().advanced(by: Self.lastWriteTime)
    await within(deadline) { [self] in await write(isRunning: false) }
  }

  private func look() async {
    let statistics = await cluster.statistics()
    state.withLock { $0.cluster = statistics }
  }

  private func write(isRunning: Bool) async {
    let text = text(isRunning: isRunning)
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

  private func text(isRunning: Bool) -> String {
    var families = MetricsSources.families(
      startedAt: startedAt, at: .now(), isRunning: isRunning)
    families += StorageMetrics.families(of: writer.statistics, at: .now())
    families += MetricsSources.families(of: book.statistics())
    if let cluster = state.withLock(\.cluster) {
      families += MetricsSources.families(of: cluster)
      families += SecurityMetrics.families(of: access, cluster, at: .now())
    }
    return metrics.registry.text(adding: families)
  }

  /// Tells the first failure of several in a row, and when it is over.
  private func note(_ error: MetricsFileError?) {
    let wasFailing = state.withLock { state in
      defer { state.isFailing = error != nil }
      return state.isFailing
    }
    if let error, !wasFailing {
      logger.warning(
        "metrics_file is not written; it is tried again every 5 s",
        metadata: [LogKey.reason: "\(error)"])
    } else if error == nil, wasFailing {
      logger.notice("metrics_file is written again", metadata: [LogKey.path: "\(file.path)"])
    }
  }

  private func within(
    _ deadline: MonotonicInstant, _ body: @escaping @Sendable () async -> Void
  ) async {
    do {
      try await BoundedWait.run("writing metrics_file", by: deadline, body)
    } catch {
      logger.warning(
        "metrics_file hangs", metadata: [LogKey.path: "\(file.path)", LogKey.reason: "\(error)"])
    }
  }
}
