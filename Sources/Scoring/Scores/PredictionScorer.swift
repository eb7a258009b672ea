public import Competition

/// Scores predictions by one method.
///
/// Not `Sendable`: one per thread, it keeps its buffers. Pure otherwise: the same prediction and
/// the same moves give the same outcome, bit for bit.
public final class PredictionScorer {
  /// The rule.
  public let method: ScoringMethod

  private let reader: DensityReader
  private let crps: CRPSIntegrator

  /// A scorer of predictions within `limits`.
  public init(method: ScoringMethod, limits: DensityLimits = DensityLimits()) {
    self.method = method
    reader = DensityReader(limits: limits)
    crps = CRPSIntegrator()
  }

  /// Scores one stored prediction.
  ///
  /// - Parameters:
  ///   - distributions: the JSON text as stored, UTF-8.
  ///   - status: only `SUCCESS` can be scored.
  ///   - params: of the prediction.
  ///   - moves: what the price did, measured as the method wants it.
  /// - Returns: the score, or why there is none.
  public func score(
    distributions: UnsafeRawBufferPointer, status: PredictionStatus, params: PredictionParams,
    moves: RealizedMoves
  ) -> ScoreOutcome {
    guard status == .success else {
      return .failed(reason: "there is no answer to score: \(status.rawValue)")
    }
    do throws(DensityFlaw) {
      let densities = try reader.read(distributions, stepCount: moves.stepCount)
      return .scored(try score(densities, params: params, moves: moves))
    } catch {
      return .failed(reason: error.description)
    }
  }

  /// Scores densities that were read before.
  ///
  /// - Parameters:
  ///   - densities: of a prediction.
  ///   - params: of the prediction.
  ///   - moves: what the price did, measured as the method wants it.
  /// - Returns: the score.
  /// - Throws: `DensityFlaw` with the step and the cause when the prediction cannot be scored.
  public func score(
    _ densities: PredictionDensities, params: PredictionParams, moves: RealizedMoves
  ) throws(DensityFlaw) -> Double {
    precondition(moves.measure == method.measure, "moves of another method")
    try checkCost(of: densities)
    guard moves.moveCount > 0 else {
      throw DensityFlaw(
        step: nil, of: densities.stepCount, "no step has two different price points")
    }
    let score =
      switch method {
      case .densityPDF(let cap): try densities.meanDensity(over: moves, cap: cap)
      case .crps(let scale):
        try crps.score(
          densities, over: moves, bounds: scale.bounds(stepSeconds: params.stepSeconds))
      }
    guard score.isFinite, score.magnitude <= DensityLimits.scoreMax else {
      throw DensityFlaw(
        step: nil, of: densities.stepCount,
        "the score \(score) is beyond \(DensityLimits.scoreMax) and can't be averaged")
    }
    return score
  }

  private func checkCost(of densities: PredictionDensities) throws(DensityFlaw) {
    let points =
      switch method {
      case .densityPDF: 1
      case .crps: UniformGrid.pointCount
      }
    let (evaluations, overflow) = densities.leafCount.multipliedReportingOverflow(by: points)
    guard !overflow, evaluations <= reader.limits.evaluationsMax else {
      throw DensityFlaw(
        step: nil, of: densities.stepCount,
        "\(densities.leafCount) distributions on \(points) points each are more than the limit, "
          + "\(reader.limits.evaluationsMax) evaluations")
    }
  }
}

extension PredictionDensities {
  /// The mean over the moves of the density at each.
  func meanDensity(over moves: RealizedMoves, cap: Double?) throws(DensityFlaw) -> Double {
    if cap == nil, let mean = meanOfNormals(over: moves) { return mean }
    var sum = 0.0
    for move in moves.moves {
      switch steps[move.stepIndex] {
      case .flawed(let cause): throw flaw(atStep: move.stepIndex, cause)
      case .density(let node):
        let density = value(ofNodeAt: node, at: move.value)
        guard density.isFinite else {
          throw flaw(atStep: move.stepIndex, densityCause(density, node, at: move.value))
        }
        sum += min(density, cap ?? .infinity)
      }
    }
    return sum / Double(moves.moveCount)
  }

  private func densityCause(_ density: Double, _ node: Int, at x: Double) -> String {
    guard density.isNaN else { return "the density at \(x) is infinite" }
    let leaves = nodes[node..<nodes[node].end].compactMap { node -> Leaf? in
      if case .leaf(let leaf) = node.content { leaf } else { nil }
    }
    guard let leaf = leaves.first(where: { $0.density(at: x).isNaN }) else {
      return "the density at \(x) is not a number"
    }
    return "\(leaf.description) overflows or divides by zero at \(x)"
  }
}
