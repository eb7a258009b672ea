import Glibc

/// All other distributions on the grid, eight points at once: the logarithm of the density, and one
/// exponential (two for Weibull's).
extension GridDensities {
  /// Shapes and standardised places that the vectors' logarithms can take without overflow.
  private static let safeRange = 1e-280...1e280

  /// Adds `weight` times a distribution over its support; false, and nothing added, when its
  /// constant or its places are too large or small for the vectors' arithmetic.
  func addByKernel(_ leaf: Leaf, weight: Double, over support: Range<Int>) -> Bool {
    let logHeight = leaf.logGridConstant + log(weight)
    guard logHeight.isFinite, leaf.isSafe(on: grid, over: support) else { return false }
    // The ends may lie on a pole or a zero, where the logarithm is infinite: they go by themselves.
    for index in Set([support.lowerBound, support.upperBound - 1]) {
      self[index] += weight * leaf.gridDensity(at: grid[index])
    }
    let inner = (support.lowerBound + 1)..<max(support.lowerBound + 1, support.upperBound - 1)
    switch leaf.family {
    case .norm: return false
    case .cauchy:
      let height = exp(logHeight)
      fill(leaf, over: inner) { y in height / (1 + y * y) }
    case .laplace:
      fill(leaf, over: inner) { y in VectorMath.exp(logHeight - VectorMath.abs(y)) }
    case .expon: fill(leaf, over: inner) { y in VectorMath.exp(logHeight - y) }
    case .t:
      let (inverse, power) = (1 / leaf.shape, -(leaf.shape + 1) / 2)
      fill(leaf, over: inner) { y in
        VectorMath.exp(logHeight + power * VectorMath.log(1 + y * y * inverse))
      }
    default: fillHalfLine(leaf, logHeight, over: inner)
    }
    return true
  }

  /// The distributions of y > 0.
  private func fillHalfLine(_ leaf: Leaf, _ logHeight: Double, over inner: Range<Int>) {
    let (a, b) = (leaf.shape, leaf.secondShape)
    switch leaf.family {
    case .weibullMin, .weibullMax:
      let height = exp(logHeight)
      fill(leaf, over: inner) { y in
        let power = VectorMath.exp(a * VectorMath.log(y))
        return height * power / y * VectorMath.exp(-power)
      }
    case .gamma:
      fill(leaf, over: inner) { y in VectorMath.exp(logHeight + (a - 1) * VectorMath.log(y) - y) }
    case .beta:
      fill(leaf, over: inner) { y in
        let logarithms = (a - 1) * VectorMath.log(y) + (b - 1) * VectorMath.log(1 - y)
        return VectorMath.exp(logHeight + logarithms)
      }
    case .lognorm:
      let factor = 1 / (2 * a * a)
      fill(leaf, over: inner) { y in
        let z = VectorMath.log(y)
        return VectorMath.exp(logHeight - z - z * z * factor)
      }
    case .chi:
      fill(leaf, over: inner) { y in
        VectorMath.exp(logHeight + (a - 1) * VectorMath.log(y) - 0.5 * y * y)
      }
    case .chi2:
      fill(leaf, over: inner) { y in
        VectorMath.exp(logHeight + (0.5 * a - 1) * VectorMath.log(y) - 0.5 * y)
      }
    case .rayleigh:
      let height = exp(logHeight)
      fill(leaf, over: inner) { y in height * y * VectorMath.exp(-0.5 * y * y) }
    case .pareto:
      fill(leaf, over: inner) { y in VectorMath.exp(logHeight - (a + 1) * VectorMath.log(y)) }
    case .f:
      let (ratio, power) = (a / b, -(a + b) / 2)
      fill(leaf, over: inner) { y in
        let rising = (a / 2 - 1) * VectorMath.log(y)
        return VectorMath.exp(logHeight + rising + power * VectorMath.log(1 + ratio * y))
      }
    case .norm, .cauchy, .laplace, .expon, .t: break
    }
  }

  /// Adds `density` of the standardised place at each point of a range.
  @inline(__always)
  private func fill(_ leaf: Leaf, over range: Range<Int>, _ density: (Vector) -> Vector) {
    guard !range.isEmpty else { return }
    let sign = leaf.family == .weibullMax ? -1.0 : 1.0
    let unit = sign / leaf.scale
    let vectors = (range.lowerBound >> 3)..<((range.upperBound + 7) >> 3)
    let isWhole = range.lowerBound & 7 == 0 && range.upperBound & 7 == 0
    grid.vectors.withUnsafeBufferPointer { points in
      for index in vectors {
        var added = density((points[index] - leaf.location) * unit)
        if !isWhole, index == vectors.lowerBound || index == vectors.upperBound - 1 {
          for lane in added.indices where !range.contains(index << 3 | lane) { added[lane] = 0 }
        }
        values[index] += added
      }
    }
  }
}

extension Leaf {
  /// The logarithm of the constant in front of the standardised density; −∞, infinite or NaN where
  /// the plain constant is 0, infinite or too small for all its digits.
  fileprivate var logGridConstant: Double {
    guard dialect == .builtin else { return logConstant }
    let constant: Double? =
      switch family {
      case .t: studentConstant
      case .gamma: gammaDivisor
      case .beta: betaConstant
      case .chi: chiConstant
      case .chi2: chi2Constant
      case .f: fConstant
      case .norm, .expon, .weibullMin, .weibullMax, .lognorm, .rayleigh, .pareto, .cauchy, .laplace:
        nil
      }
    if let constant, !constant.isNormal { return .nan }
    return logConstant
  }

  /// Whether every inner place, its square and its power stay within the vectors' arithmetic.
  fileprivate func isSafe(on grid: UniformGrid, over support: Range<Int>) -> Bool {
    let far = max(
      abs(grid[support.lowerBound] - location), abs(grid[support.upperBound - 1] - location))
    let near = grid.spacing / scale / 2
    let largest = far / scale
    guard near > 1e-100, largest < 1e100, scale > 1e-100, scale < 1e100 else { return false }
    switch family {
    case .t, .f: return (1 + largest * largest / shape).isFinite && secondShape < 1e100
    case .weibullMin, .weibullMax: return shape * log(max(largest, 1)) < 600
    case .lognorm: return 1 / (2 * shape * shape) < 1e100
    default: return true
    }
  }
}
