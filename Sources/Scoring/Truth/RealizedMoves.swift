public import Competition
import Glibc

/// What the price did in each step of a prediction, for all models that were asked at that time.
public struct RealizedMoves: Sendable {
  /// How a move is measured.
  public enum Measure: Hashable, Sendable {
    /// ln(price) − ln(price a step before), what densities of the density score are about.
    case logReturn
    /// price − price a step before, what CRPS densities are about.
    case difference
  }

  /// The move of a step.
  struct Move: Hashable, Sendable {
    let stepIndex: Int
    let value: Double
  }

  /// How the moves are measured.
  public let measure: Measure
  /// The number of steps of a prediction; nil when the horizon is no multiple of the step.
  public let stepCount: Int?
  /// In order of time; a step whose two points have the same price point is left out.
  let moves: [Move]

  /// The steps that count.
  public var moveCount: Int { moves.count }

  init(measure: Measure, stepCount: Int?, moves: [Move]) {
    self.measure = measure
    self.stepCount = stepCount
    self.moves = moves
  }

  /// What came of looking up a prediction's prices.
  public enum Lookup: Sendable {
    /// All prices are there.
    case moves(RealizedMoves)
    /// Some are not; never stands for a price that merely lies close.
    case missing(MissingTruth)
  }

  /// Looks up the prices of a prediction: those closest to `resolvableAt` and, a step apart, to
  /// each point before it.
  ///
  /// A price counts when it lies within the gap that `options` allow, and when no price that is
  /// still to arrive can be closer: one at or after the time, or the newest one if it lies at most
  /// half a resolution before it. With `options.compat` any price counts.
  ///
  /// - Parameters:
  ///   - prices: the asset's, from a step before the prediction to now.
  ///   - params: of the prediction.
  ///   - resolvableAt: the end of its horizon.
  ///   - measure: what the score is about.
  ///   - options: which prices count.
  /// - Returns: the moves, or which prices are missing.
  public static func look(
    in prices: PriceTrack, params: PredictionParams, resolvableAt: UTCTime, measure: Measure,
    options: TruthOptions
  ) -> Lookup {
    let stepCount = params.stepCount
    let isWhole = stepCount > 0 && stepCount * params.stepSeconds == params.horizonSeconds
    guard isWhole else {
      return .moves(RealizedMoves(measure: measure, stepCount: nil, moves: []))
    }
    let rule = SettlingRule(options)
    var missingCount = 0
    var first: UTCTime?
    var hint = 0
    // The points of time from a step before the first density to the end of the horizon.
    let points = (0...stepCount).map { index -> Int? in
      let before = Int64(stepCount - index) * Int64(params.stepSeconds) * 1_000_000
      let time = UTCTime(
        microsecondsSinceEpoch: resolvableAt.microsecondsSinceEpoch - before)
      if let point = prices.settled(at: time, near: hint, rule) {
        hint = point
        return point
      }
      missingCount += 1
      first = first ?? time
      return nil
    }
    if let first {
      return .missing(
        MissingTruth(
          asset: params.asset, missingCount: missingCount, first: first,
          resolvableAt: resolvableAt))
    }
    let levels = points.map { measure.level(prices.price($0 ?? 0)) }
    let moves = (0..<stepCount).compactMap { index in
      points[index] == points[index + 1]
        ? nil : Move(stepIndex: index, value: levels[index + 1] - levels[index])
    }
    return .moves(RealizedMoves(measure: measure, stepCount: stepCount, moves: moves))
  }
}

extension RealizedMoves.Measure {
  /// What a move is a difference of.
  public func level(_ price: Double) -> Double {
    switch self {
    case .logReturn: log(price)
    case .difference: price
    }
  }
}

/// `TruthOptions` in microseconds.
struct SettlingRule {
  /// How far a price may lie from the time.
  let gapMaxMicros: Double
  /// How far the newest price may lie before the time.
  let leadMaxMicros: Int64
  let compat: Bool

  init(_ options: TruthOptions) {
    let resolution = options.resolution.microseconds
    gapMaxMicros = options.gapMaxFactor * Double(resolution)
    leadMaxMicros = resolution / 2
    compat = options.compat
  }
}

extension PriceTrack {
  /// The index of the price that stands for `time`; nil when there is none yet, or none at all.
  func settled(at time: UTCTime, near hint: Int, _ rule: SettlingRule) -> Int? {
    guard let index = closest(to: time, near: hint) else { return nil }
    if rule.compat { return index }
    guard Double(distance(index, time)) <= rule.gapMaxMicros else { return nil }
    let lead = time.microsecondsSinceEpoch - micros(index)
    return index == count - 1 && lead > rule.leadMaxMicros ? nil : index
  }
}
