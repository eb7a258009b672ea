import Glibc

/// The C library's functions, named.
enum MarketMath {
  static func log(_ value: Double) -> Double { Glibc.log(value) }
  static func exponential(_ value: Double) -> Double { Glibc.exp(value) }
  static func log10(_ value: Double) -> Double { Glibc.log10(value) }
  static func cosine(_ value: Double) -> Double { Glibc.cos(value) }
  static func power(_ base: Double, _ exponent: Double) -> Double { Glibc.pow(base, exponent) }
  static func root(_ value: Double) -> Double { value.squareRoot() }
}
