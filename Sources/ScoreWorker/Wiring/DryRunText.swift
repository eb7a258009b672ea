import Competition
import Scoring

/// What a dry run prints.
enum DryRunText {
  /// The ranks that are shown.
  private static let ranksMax = 20

  static func lines(_ report: RunReport) -> [String] {
    var lines = [
      "\(report.scoredCount) predictions would be scored, \(report.failedCount) would fail, "
        + "\(report.waitingCount) would wait for prices"
    ]
    if let score = report.failedScore { lines.append("failures would get \(score)") }
    guard !report.ranking.isEmpty else { return lines }
    lines.append("the leaderboard would be (rank, model, anchor, steady, recent):")
    lines += report.ranking.prefix(ranksMax).map { entry in
      let scores = [entry.score.anchor, entry.score.steady, entry.score.recent]
      return "\(entry.rank)  \(entry.modelID)  "
        + scores.map { $0.map { "\($0)" } ?? "-" }.joined(separator: "  ")
    }
    let rest = report.ranking.count - ranksMax
    if rest > 0 { lines.append("and \(rest) more") }
    return lines
  }
}
