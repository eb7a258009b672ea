/// Computes CRPS scores as crunch-synth 0.15.0 does: each step's density on a grid, its cumulated
/// sum as the distribution F, and the integral of (F − 1[z ≥ x])² over the grid.
///
/// Not `Sendable`: it keeps the grids that it has used, 16 KB each, at most `gridsKeptMax`.
final class CRPSIntegrator {
  private var kept: [Double: GridDensities] = [:]

  /// A game's assets and steps; beyond it the grids are made anew.
  static let gridsKeptMax = 64

  /// Where the sum of the densities is below this, their digits may be lost to underflow: then all
  /// is computed as the oracle writes it.
  private static let sumMin = 1e-280

  /// The sum of the steps' CRPS over the moves, divided by the asset's scale.
  func score(
    _ densities: PredictionDensities, over moves: RealizedMoves, bounds: CRPSBounds
  ) throws(DensityFlaw) -> Double {
    let buffer = grid(halfWidth: bounds.halfWidth)
    var sum = 0.0
    for move in moves.moves {
      switch densities.steps[move.stepIndex] {
      case .flawed(let cause): throw densities.flaw(atStep: move.stepIndex, cause)
      case .density(let node):
        do throws(Misread) {
          sum += try integral(of: densities, node, at: move.value, on: buffer)
        } catch {
          throw densities.flaw(atStep: move.stepIndex, error.cause)
        }
      }
    }
    return sum / bounds.t
  }

  private func grid(halfWidth: Double) -> GridDensities {
    if let grid = kept[halfWidth] { return grid }
    if kept.count >= Self.gridsKeptMax { kept.removeAll() }
    let grid = GridDensities(UniformGrid(halfWidth: halfWidth))
    kept[halfWidth] = grid
    return grid
  }

  /// The CRPS of one step's density when `x` happened.
  func integral(
    of densities: PredictionDensities, _ node: Int, at x: Double, on buffer: GridDensities
  ) throws(Misread) -> Double {
    buffer.clear()
    try densities.add(nodeAt: node, weight: 1, to: buffer, isExact: false)
    let sum = buffer.sum()
    let integral: Double
    if sum >= Self.sumMin {
      integral = buffer.integral(at: x, sum: sum)
    } else {
      buffer.clear()
      try densities.add(nodeAt: node, weight: 1, to: buffer, isExact: true)
      integral = buffer.literalIntegral(at: x)
    }
    guard integral.isFinite else { throw Misread("the distribution can't be integrated") }
    return integral
  }
}

extension PredictionDensities {
  /// Adds `weight` times the density of a node and its parts.
  func add(
    nodeAt index: Int, weight: Double, to buffer: GridDensities, isExact: Bool
  ) throws(Misread) {
    switch nodes[index].content {
    case .leaf(let leaf):
      if let cause = leaf.gridConstantCause { throw Misread(cause) }
      guard buffer.add(leaf, weight: weight, isExact: isExact) else {
        throw Misread("\(leaf.description) is not finite on the grid")
      }
    case .mixture:
      let total = weightOfParts(of: index)
      var part = index + 1
      while part < nodes[index].end {
        let share = total > 0 ? nodes[part].weight / total : 0
        try add(nodeAt: part, weight: weight * share, to: buffer, isExact: isExact)
        part = nodes[part].end
      }
    }
  }

  private func weightOfParts(of index: Int) -> Double {
    var total = 0.0
    var part = index + 1
    while part < nodes[index].end {
      total += nodes[part].weight
      part = nodes[part].end
    }
    return total
  }
}
