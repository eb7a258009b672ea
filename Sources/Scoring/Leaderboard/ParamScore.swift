public import Competition

/// A model's score in one param: an entry of `scores_by_param`.
public struct ParamScore: Hashable, Sendable {
  /// The param.
  public var params: PredictionParams
  /// The means of its windows.
  public var score: WindowScore
  /// Whether it was scored within the anchor window.
  public var isCurrent: Bool

  /// An entry.
  public init(params: PredictionParams, score: WindowScore, isCurrent: Bool) {
    self.params = params
    self.score = score
    self.isCurrent = isCurrent
  }
}

extension ScoreWindows {
  /// A model's overall score: window by window the mean over its params that are current (all of
  /// them with `compat`); nil when one of them is nil, or when there is none.
  ///
  /// - Parameters:
  ///   - entries: the model's params.
  ///   - assetWeights: the weight of each asset in the mean (`CRPSScale.assetWeights`, as
  ///     crunch-synth's evaluator takes it), where an asset without one makes the result nil; nil
  ///     weighs all alike.
  /// - Returns: a mean or nil for each window.
  public func overall(
    of entries: some Sequence<ParamScore>, assetWeights: [String: Double]? = nil
  ) -> WindowScore {
    let counting = entries.filter { compat || $0.isCurrent }
    func mean(_ window: KeyPath<WindowScore, Double?>) -> Double? {
      var sum = 0.0
      var weights = 0.0
      for entry in counting {
        guard let score = entry.score[keyPath: window], score.isFinite,
          let weight = assetWeights == nil ? 1 : assetWeights?[entry.params.asset]
        else { return nil }
        sum += weight * score
        weights += weight
      }
      guard weights > 0, sum.isFinite else { return nil }
      return sum / weights
    }
    return WindowScore(recent: mean(\.recent), steady: mean(\.steady), anchor: mean(\.anchor))
  }
}
