/// The distributions that a density may name, under scipy's names.
///
/// Parameters and formulas are those of `scipy.stats`, as `densitypdf` and `crunch-synth` take
/// them: location and scale everywhere, and up to two shapes, all of them > 0.
enum Family: UInt8, CaseIterable {
  case norm, expon, t, weibullMin, weibullMax, gamma, beta, lognorm, chi, chi2, rayleigh, pareto
  case cauchy, laplace, f

  /// The name in a density.
  var name: String {
    switch self {
    case .norm: "norm"
    case .expon: "expon"
    case .t: "t"
    case .weibullMin: "weibull_min"
    case .weibullMax: "weibull_max"
    case .gamma: "gamma"
    case .beta: "beta"
    case .lognorm: "lognorm"
    case .chi: "chi"
    case .chi2: "chi2"
    case .rayleigh: "rayleigh"
    case .pareto: "pareto"
    case .cauchy: "cauchy"
    case .laplace: "laplace"
    case .f: "f"
    }
  }

  /// The names of its shape parameters, at most two.
  var shapeNames: [String] {
    switch self {
    case .norm, .expon, .rayleigh, .cauchy, .laplace: []
    case .t, .chi, .chi2: ["df"]
    case .weibullMin, .weibullMax: ["c"]
    case .gamma: ["a"]
    case .beta: ["a", "b"]
    case .lognorm: ["s"]
    case .pareto: ["b"]
    case .f: ["dfn", "dfd"]
    }
  }
}
