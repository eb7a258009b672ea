import Competition
import Logging
import Storage

/// What a run says in the log.
struct RunLog {
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  /// One line about a run, and a warning when predictions wait for prices.
  func write(_ report: RunReport, took: Duration, isDry: Bool) {
    var metadata: Logger.Metadata = [
      "scored": "\(report.scoredCount)", "failed": "\(report.failedCount)",
      "models": "\(report.ranking.count)",
      "seconds": "\((took.inSeconds * 1_000).rounded() / 1_000)",
    ]
    if let score = report.failedScore { metadata["failed_score"] = "\(score)" }
    if let first = report.ranking.first { metadata["first"] = "\(first.modelID)" }
    logger.info(
      report.wasStopped
        ? "scoring was stopped; the next run goes on"
        : isDry ? "scored as a dry run; nothing was changed" : "scored",
      metadata: metadata)
    guard let waiting = report.waiting else { return }
    logger.warning(
      "predictions wait for prices",
      metadata: [
        "waiting": "\(report.waitingCount)", "since": "\(waiting.resolvableAt.iso8601)",
        "missing": "\(waiting)",
      ])
  }

  /// What was pruned, if anything, and what could not be.
  func write(_ report: RetentionReport) {
    for problem in report.problems {
      logger.warning("pruning is incomplete", metadata: ["reason": "\(problem)"])
    }
    guard report.rowCount > 0 || !report.droppedPartitions.isEmpty else { return }
    logger.info(
      "pruned",
      metadata: [
        "rows": "\(report.rowCount)", "partitions": "\(report.droppedPartitions.count)",
      ])
  }
}
