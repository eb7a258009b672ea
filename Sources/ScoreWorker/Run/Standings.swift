import Competition
import ScoreStore
import Scoring

/// Makes the models' standings of what SQL summed up.
struct Standings {
  private let windows: ScoreWindows
  private let now: UTCTime

  init(_ windows: ScoreWindows, at now: UTCTime) {
    self.windows = windows
    self.now = now
  }

  /// The begin of a window.
  func start(_ window: Duration) -> UTCTime { now.advanced(by: .zero - window) }

  /// One standing for each model, in their order.
  func make(_ models: [ScoredModel], _ rows: [WindowRow]) -> [ModelStanding] {
    let byModel = Dictionary(grouping: rows, by: \.modelID)
    return models.map { model in
      var entries = (byModel[model.modelID] ?? []).map(entry)
      // Condor keeps what it once stored: a param that nobody asks for any more stays as it was.
      if windows.compat {
        let new = Dictionary(entries.map { ($0.params, $0) }) { first, _ in first }
        let old = Set(model.scores.map(\.params))
        entries =
          model.scores.map { new[$0.params] ?? $0 } + entries.filter { !old.contains($0.params) }
      }
      return ModelStanding(
        modelID: model.modelID, overall: windows.overall(of: entries), scores: entries)
    }
  }

  /// A window has a score once something scored is as old as the window.
  private func entry(_ row: WindowRow) -> ParamScore {
    func full(_ window: Duration, _ mean: Double?) -> Double? {
      row.hasOlder || row.oldest <= start(window) ? mean : nil
    }
    return ParamScore(
      params: row.params,
      score: WindowScore(
        recent: full(windows.recent, row.recent), steady: full(windows.steady, row.steady),
        anchor: full(windows.anchor, row.anchor)),
      isCurrent: row.newest >= start(windows.anchor))
  }
}
