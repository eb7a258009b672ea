import Competition
import Scoring
import Telemetry

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
    lines.append("the leaderboard would be:")
    let rows: [[String]] = report.ranking.prefix(ranksMax).map { entry in
      [
        "\(entry.rank)", OneLine.escaped(entry.modelID.rawValue), text(entry.score.anchor),
        text(entry.score.steady), text(entry.score.recent),
      ]
    }
    lines += TextColumns.lines([["rank", "model", "anchor", "steady", "recent"]] + rows)
    let rest = report.ranking.count - ranksMax
    if rest > 0 { lines.append("and \(rest) more") }
    return lines
  }

  private static func text(_ score: Double?) -> String { score.map { "\($0)" } ?? "-" }
}
