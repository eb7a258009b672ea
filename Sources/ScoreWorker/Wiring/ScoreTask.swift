import Competition
import ScoreStore

/// What the command line asks for.
struct ScoreTask: Sendable {
  /// Score once and end.
  var once = false
  /// Change nothing.
  var isDry = false
  /// Score again what was asked in this span of time; nil for what was never scored.
  var span: Range<UTCTime>?

  /// Which predictions a run that begins now scores.
  func selection(at now: UTCTime) -> RoundSelection {
    guard let span else { return .unscored }
    return .performed(from: span.lowerBound, until: span.upperBound, notScoredSince: now)
  }
}
