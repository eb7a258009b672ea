public import Competition

/// A place on the leaderboard.
public struct RankedModel: Hashable, Sendable {
  /// From 1 up, without gaps: no two models share a rank.
  public let rank: Int
  /// The model.
  public let modelID: ModelID
  /// Its overall score.
  public let score: WindowScore
}

/// The order of a leaderboard.
public struct Ranking: Hashable, Sendable {
  /// Which scores stand first.
  public var order: RankOrder
  /// Condor's oddity: a steady or recent score of 0 ranks like none.
  public var compat: Bool

  /// An order; Condor's by default.
  public init(order: RankOrder = .descending, compat: Bool = false) {
    self.order = order
    self.compat = compat
  }

  /// Ranks models by their anchor, steady and recent scores, in this order; without a score comes
  /// after any score, and equal models are ordered by id.
  public func ranked(_ models: some Sequence<(modelID: ModelID, score: WindowScore)>)
    -> [RankedModel]
  {
    models
      .map { (key: key($0.score), modelID: $0.modelID, score: $0.score) }
      .sorted { $0.key == $1.key ? $0.modelID < $1.modelID : isBefore($0.key, $1.key) }
      .enumerated()
      .map { RankedModel(rank: $0 + 1, modelID: $1.modelID, score: $1.score) }
  }

  /// Three numbers of which the greater ones stand first; −∞ for no score.
  private func key(_ score: WindowScore) -> [Double] {
    let later = [score.steady, score.recent].map { compat && $0 == 0 ? nil : $0 }
    return ([score.anchor] + later).map { value in
      guard let value, value.isFinite else { return -.infinity }
      return order == .descending ? value : -value
    }
  }

  private func isBefore(_ left: [Double], _ right: [Double]) -> Bool {
    for (left, right) in zip(left, right) where left != right { return left > right }
    return false
  }
}
