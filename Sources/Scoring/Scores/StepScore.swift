public import Competition

/// One step of a prediction's score, for people who ask why it is what it is.
public struct StepScore: Hashable, Sendable {
  /// A price that counted.
  public struct Price: Hashable, Sendable {
    /// When it was.
    public let time: UTCTime
    /// In the asset's quote currency.
    public let price: Double
  }

  /// What a step gives.
  public enum Outcome: Hashable, Sendable {
    /// The density at the move, or the step's part of the CRPS.
    case value(Double)
    /// Left out: both points have the same price point.
    case samePricePoint
    /// Its prices are not there.
    case noPrice
    /// Its density is at fault.
    case flawed(cause: String)
  }

  /// The step, counted from 1.
  public let step: Int
  /// The end of the step.
  public let time: UTCTime
  /// The price that stands for its begin; nil when there is none.
  public let before: Price?
  /// The price that stands for its end; nil when there is none.
  public let after: Price?
  /// How the price moved, as the method measures it; nil without two prices.
  public let move: Double?
  /// What the step gives.
  public let outcome: Outcome
}

extension PredictionScorer {
  /// The steps of a prediction one by one, in order of time.
  ///
  /// - Parameters:
  ///   - densities: of the prediction.
  ///   - params: of the prediction.
  ///   - resolvableAt: the end of its horizon.
  ///   - prices: of the asset.
  ///   - options: which prices count.
  /// - Returns: one entry for each step, and what they are about.
  public func steps(
    of densities: PredictionDensities, params: PredictionParams, resolvableAt: UTCTime,
    prices: PriceTrack, options: TruthOptions
  ) -> [StepScore] {
    let rule = SettlingRule(options)
    return (0..<densities.stepCount).map { index in
      let left = (densities.stepCount - 1 - index) * params.stepSeconds
      let time = resolvableAt.advanced(by: .seconds(-left))
      let start = time.advanced(by: .seconds(-params.stepSeconds))
      let before = prices.settled(at: start, near: 0, rule)
      let after = prices.settled(at: time, near: 0, rule)
      let ends = (before.map(prices.stepPrice), after.map(prices.stepPrice))
      guard let from = ends.0, let to = ends.1 else {
        return StepScore(
          step: index + 1, time: time, before: ends.0, after: ends.1, move: nil, outcome: .noPrice)
      }
      let move = method.measure.level(to.price) - method.measure.level(from.price)
      let outcome: StepScore.Outcome =
        before == after
        ? .samePricePoint : score(of: densities, step: index, move: move, params: params)
      return StepScore(
        step: index + 1, time: time, before: from, after: to, move: move, outcome: outcome)
    }
  }

  private func score(
    of densities: PredictionDensities, step: Int, move: Double, params: PredictionParams
  ) -> StepScore.Outcome {
    let moves = RealizedMoves(
      measure: method.measure, stepCount: densities.stepCount,
      moves: [RealizedMoves.Move(stepIndex: step, value: move)])
    do throws(DensityFlaw) {
      return .value(try score(densities, params: params, moves: moves))
    } catch {
      return .flawed(cause: error.cause)
    }
  }
}

extension PriceTrack {
  fileprivate func stepPrice(_ index: Int) -> StepScore.Price {
    StepScore.Price(time: UTCTime(microsecondsSinceEpoch: micros(index)), price: price(index))
  }
}
