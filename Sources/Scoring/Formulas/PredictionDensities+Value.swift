import Glibc

extension Leaf {
  /// The density at `x`, as the density score takes it; NaN where theirs raises.
  @inline(__always)
  func density(at x: Double) -> Double {
    guard family == .norm else { return densityOfOthers(at: x) }
    // Most of all densities are normal: here, with one division.
    let inverse = 1 / scale
    let z = (x - location) * inverse
    return inverse * Self.inverseRootOfTwoPi * exp(-0.5 * z * z)
  }

  private func densityOfOthers(at x: Double) -> Double {
    dialect == .builtin ? builtinDensity(at: x, onGrid: false) : scipyDensity(at: x)
  }

  static var inverseRootOfTwoPi: Double { 0.398_942_280_401_432_7 }
}

extension PredictionDensities {
  /// The density of the node at `index` and its parts at `x`; NaN where theirs raises.
  func value(ofNodeAt index: Int, at x: Double) -> Double {
    switch nodes[index].content {
    case .leaf(let leaf): leaf.density(at: x)
    case .mixture: mixtureValue(ofNodeAt: index, at: x)
    }
  }

  /// The mean of the parts by their weights; 0 when all weights are.
  private func mixtureValue(ofNodeAt index: Int, at x: Double) -> Double {
    var total = 0.0
    var weights = 0.0
    var part = index + 1
    let end = nodes[index].end
    while part < end {
      let weight = nodes[part].weight
      weights += weight
      total += weight * value(ofNodeAt: part, at: x)
      part = nodes[part].end
    }
    if weights == 0 { return anyPartFails(ofNodeAt: index, at: x) ? .nan : 0 }
    return total / weights
  }

  /// Whether a part raises an error in Python, which weights of zero don't hide.
  private func anyPartFails(ofNodeAt index: Int, at x: Double) -> Bool {
    var part = index + 1
    while part < nodes[index].end {
      if value(ofNodeAt: part, at: x).isNaN { return true }
      part = nodes[part].end
    }
    return false
  }
}
