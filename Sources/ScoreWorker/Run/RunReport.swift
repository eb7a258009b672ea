import Competition
import Scoring

/// What one run did; also what it has done so far.
struct RunReport {
  /// Predictions that are ready.
  var readyCount = 0
  /// Predictions that got a score.
  var scoredCount = 0
  /// Predictions that failed.
  var failedCount = 0
  /// Predictions that wait for prices.
  var waitingCount = 0
  /// The earliest time since which prices are waited for, with what is missing; nil for none.
  var waiting: MissingTruth?
  /// What failures of the run got, when it was decided with the run.
  var failedScore: Double?
  /// The leaderboard; empty when none was made.
  var ranking: [RankedModel] = []
  /// The time of the leaderboard.
  var publishedAt: UTCTime?
  /// Whether it was stopped before it was done.
  var wasStopped = false

  /// Predictions done, with or without a score.
  var doneCount: Int { scoredCount + failedCount }
}
