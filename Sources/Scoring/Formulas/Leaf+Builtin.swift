import Glibc

/// The densities as `densitypdf` 0.1.4 and `crunch-synth` 0.15.0 compute them: the same formulas of
/// `scipy.stats`' documentation, in an order of operations that fails for the same numbers.
extension Leaf {
  /// The density at `x`, as `crunch-synth` computes it (`onGrid`) or `densitypdf`; NaN where theirs
  /// raises an error or has none, infinite where theirs is.
  func builtinDensity(at x: Double, onGrid: Bool) -> Double {
    switch family {
    case .norm:
      let z = (x - location) / scale
      return 1 / (scale * Self.rootOfTwoPi) * exp(-0.5 * z * z)
    case .expon:
      return x < location ? 0 : 1 / scale * exp(-(x - location) / scale)
    case .t: return studentDensity(at: x)
    case .weibullMin: return x < location ? 0 : weibullDensity(atDistance: x - location)
    case .weibullMax: return x > location ? 0 : weibullDensity(atDistance: location - x)
    case .gamma: return x < location ? 0 : gammaDensity(atDistance: x - location)
    case .beta: return betaDensity(at: x)
    case .lognorm:
      return x <= location ? 0 : lognormDensity(atDistance: x - location, onGrid: onGrid)
    case .chi: return x < location ? 0 : chiDensity(at: (x - location) / scale)
    case .chi2: return x < location ? 0 : chi2Density(at: (x - location) / scale)
    case .rayleigh: return x < location ? 0 : rayleighDensity(atDistance: x - location)
    case .pareto:
      guard x >= location + scale else { return 0 }
      return 1 / scale * shape * pow((x - location) / scale, -shape - 1)
    case .cauchy:
      let z = (x - location) / scale
      return 1 / (Double.pi * scale * (1 + z * z))
    case .laplace: return 1 / (2 * scale) * exp(-abs(x - location) / scale)
    case .f: return x < location ? 0 : fDensity(at: (x - location) / scale)
    }
  }

  static var rootOfTwoPi: Double { 2.506_628_274_631_000_5 }

  private func studentDensity(at x: Double) -> Double {
    let y = (x - location) / scale
    return 1 / scale * studentConstant * pow(1 + y * y / shape, -(shape + 1) / 2)
  }

  /// Γ((df+1)/2) / (√(df·π) Γ(df/2)); NaN where a gamma function overflows.
  var studentConstant: Double {
    PythonFloat.gamma((shape + 1) / 2)
      / ((shape * Double.pi).squareRoot() * PythonFloat.gamma(shape / 2))
  }

  private func weibullDensity(atDistance distance: Double) -> Double {
    let y = distance / scale
    return shape / scale * pow(y, shape - 1) * exp(-pow(y, shape))
  }

  private func gammaDensity(atDistance distance: Double) -> Double {
    let rise = pow(distance, shape - 1) * exp(-distance / scale)
    return rise / gammaDivisor
  }

  /// Γ(a)·scale^a in Python's floats.
  var gammaDivisor: Double {
    PythonFloat.gamma(shape) * PythonFloat.power(scale, shape)
  }

  private func betaDensity(at x: Double) -> Double {
    guard x >= location, x <= location + scale else { return 0 }
    let y = (x - location) / scale
    return betaConstant * pow(y, shape - 1) * pow(1 - y, secondShape - 1)
  }

  /// 1 / (scale·B(a, b)) in Python's floats.
  var betaConstant: Double {
    let beta =
      PythonFloat.gamma(shape) * PythonFloat.gamma(secondShape)
      / PythonFloat.gamma(shape + secondShape)
    return PythonFloat.divide(1, by: scale * beta)
  }

  /// The one density whose places `densitypdf` takes out of numpy, by Python's logarithm.
  private func lognormDensity(atDistance distance: Double, onGrid: Bool) -> Double {
    let ratio = distance / scale
    let divisor = 2 * shape * shape
    if !onGrid, ratio == 0 || divisor == 0 { return .nan }
    let z = log(ratio)
    return 1 / (distance * shape * Self.rootOfTwoPi) * exp(-(z * z) / divisor)
  }

  private func chiDensity(at y: Double) -> Double {
    1 / scale * chiConstant * pow(y, shape - 1) * exp(-(y * y) / 2)
  }

  /// 2^(1 − df/2) / Γ(df/2).
  var chiConstant: Double { Glibc.pow(2, 1 - 0.5 * shape) / PythonFloat.gamma(0.5 * shape) }

  private func chi2Density(at y: Double) -> Double {
    1 / scale * chi2Constant * pow(y, 0.5 * shape - 1) * exp(-0.5 * y)
  }

  /// 1 / (2^(df/2) Γ(df/2)): 0 where the product overflows, as in Python.
  var chi2Constant: Double {
    1 / (PythonFloat.power(2, 0.5 * shape) * PythonFloat.gamma(0.5 * shape))
  }

  private func rayleighDensity(atDistance distance: Double) -> Double {
    let square = scale * scale
    return distance / square * exp(-0.5 * (distance * distance) / square)
  }

  private func fDensity(at y: Double) -> Double {
    let ratio = shape / secondShape
    return 1 / scale * fConstant * pow(y, shape / 2 - 1)
      * pow(1 + ratio * y, -(shape + secondShape) / 2)
  }

  /// (dfn/dfd)^(dfn/2) / B(dfn/2, dfd/2) in Python's floats.
  var fConstant: Double {
    let beta =
      PythonFloat.gamma(shape / 2) * PythonFloat.gamma(secondShape / 2)
      / PythonFloat.gamma((shape + secondShape) / 2)
    return 1 / beta * PythonFloat.power(shape / secondShape, shape / 2)
  }
}
