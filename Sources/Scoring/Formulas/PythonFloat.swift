import Glibc

/// Python's own floats, in which both packages compute the constants of a density.
///
/// Where Python raises an error (a division by zero, a power or a gamma function that overflows)
/// the result is NaN here. What depends on the place is computed by numpy in both packages, which
/// is IEEE 754 as it is in Swift.
enum PythonFloat {
  /// `numerator / denominator`.
  static func divide(_ numerator: Double, by denominator: Double) -> Double {
    denominator == 0 ? .nan : numerator / denominator
  }

  /// `base ** exponent` of a base > 0.
  static func power(_ base: Double, _ exponent: Double) -> Double {
    let power = Glibc.pow(base, exponent)
    return power.isInfinite && base.isFinite ? .nan : power
  }

  /// `math.gamma` of a number > 0: overflows from 171.6 up and below 5.6e-309.
  static func gamma(_ x: Double) -> Double {
    let value = Glibc.tgamma(x)
    return value.isFinite ? value : .nan
  }
}
