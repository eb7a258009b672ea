import Competition
import Resilience

/// A kind of prediction that is measured: 288 densities of one shape.
struct Kind {
  let name: String
  let method: Method
  /// How many times faster than Python it must be; nil where only the figure is wanted.
  let target: Double?
  let text: String

  enum Method: String {
    case density, walk, text, crps
  }
}

/// A kind of prediction that is stored and scored from database to database.
enum StoredKind: String, CaseIterable {
  case norm
  case threeNorms = "3 norms"
}

/// Predictions as participants give them, about log returns or about price changes.
enum Predictions {
  static let params = PredictionParams(asset: "BTC", horizonSeconds: 86_400, stepSeconds: 300)
  static let families: [(name: String, shapes: String)] = [
    ("expon", ""), ("t", #""df": 4.75, "#), ("weibull_min", #""c": 1.6, "#),
    ("weibull_max", #""c": 1.6, "#), ("gamma", #""a": 2.4, "#),
    ("beta", #""a": 2.5, "b": 3.5, "#), ("lognorm", #""s": 0.6, "#), ("chi", #""df": 3.4, "#),
    ("chi2", #""df": 3.4, "#), ("rayleigh", ""), ("pareto", #""b": 2.2, "#), ("cauchy", ""),
    ("laplace", ""), ("f", #""dfn": 5.5, "dfd": 9.5, "#),
  ]

  /// The kinds in the order in which they are measured and written for Python.
  static func kinds() -> [Kind] {
    let norm = prediction(unit: 0.002) { builtin("norm", "", $0, $1) }
    let three = prediction(unit: 0.002, mixtureOfThree)
    var kinds = [
      Kind(name: "density, norm", method: .density, target: 100, text: norm),
      Kind(name: "density, 3 norms", method: .density, target: 100, text: three),
      Kind(
        name: "density, t", method: .density, target: nil,
        text: prediction(unit: 0.002) { builtin("t", #""df": 4.75, "#, $0, $1) }),
      Kind(name: "walk, norm", method: .walk, target: nil, text: norm),
      Kind(name: "walk, 3 norms", method: .walk, target: nil, text: three),
      Kind(name: "text, norm", method: .text, target: 30, text: norm),
      Kind(name: "text, 3 norms", method: .text, target: 30, text: three),
      Kind(
        name: "crps, norm", method: .crps, target: 25,
        text: prediction(unit: 160) { builtin("norm", "", $0, $1) }),
      Kind(
        name: "crps, narrow norm", method: .crps, target: 25,
        text: prediction(unit: 20) { builtin("norm", "", $0, $1) }),
      Kind(
        name: "crps, 3 norms", method: .crps, target: 25,
        text: prediction(unit: 160, mixtureOfThree)),
    ]
    for family in families {
      kinds.append(
        Kind(
          name: "crps, \(family.name)", method: .crps, target: 5,
          text: prediction(unit: 160) { location, scale in
            builtin(family.name, family.shapes, location - offset(family.name, scale), scale)
          }))
    }
    kinds.append(
      Kind(
        name: "crps, scipy t", method: .crps, target: 5,
        text: prediction(unit: 160) { scipy("t", #""df": 4.75, "#, $0, $1) }))
    return kinds
  }

  /// A week of minute prices, as Condor keeps them; the prediction's horizon is the last day.
  static func prices() -> [Double] {
    var random = SplitMix64(seed: 7)
    var price = 90_000.0
    return (0...7 * 24 * 60).map { _ in
      price *= 1 + Double.random(in: -1e-3...1e-3, using: &random)
      return price
    }
  }

  /// Texts of `kind` as `count` models would give them, all of them different.
  static func texts(_ count: Int, _ kind: StoredKind) -> [String] {
    (0..<count).map { index in
      prediction(unit: 0.002, seed: UInt64(index)) { location, scale in
        switch kind {
        case .norm: builtin("norm", "", location, scale)
        case .threeNorms: mixtureOfThree(location, scale)
        }
      }
    }
  }

  private static func prediction(
    unit: Double, seed: UInt64 = 11, _ density: (_ location: Double, _ scale: Double) -> String
  ) -> String {
    var random = SplitMix64(seed: seed)
    let densities = (0..<params.stepCount).map { _ in
      density(
        unit * Double.random(in: -0.3...0.3, using: &random),
        unit * Double.random(in: 0.7...1.4, using: &random))
    }
    return "[" + densities.joined(separator: ", ") + "]"
  }

  /// Moves the mass of a half-line about 0.
  private static func offset(_ family: String, _ scale: Double) -> Double {
    switch family {
    case "cauchy", "laplace", "t": 0
    case "weibull_max": -scale
    case "beta": 0.5 * scale
    case "pareto": 1.5 * scale
    default: scale
    }
  }

  private static func mixtureOfThree(_ location: Double, _ scale: Double) -> String {
    let parts = [(0.5, 0.6), (0.35, 1.0), (0.15, 2.5)].map { weight, factor in
      #"{"density": \#(builtin("norm", "", location, scale * factor)), "weight": \#(weight)}"#
    }
    return #"{"type": "mixture", "components": [\#(parts.joined(separator: ", "))]}"#
  }

  private static func builtin(
    _ name: String, _ shapes: String, _ location: Double, _ scale: Double
  ) -> String {
    #"{"type": "builtin", "name": "\#(name)", "params": {\#(shapes)"loc": \#(location), "#
      + #""scale": \#(scale)}}"#
  }

  private static func scipy(
    _ name: String, _ shapes: String, _ location: Double, _ scale: Double
  ) -> String {
    #"{"type": "scipy", "name": "\#(name)", "params": {\#(shapes)"loc": \#(location), "#
      + #""scale": \#(scale)}}"#
  }
}
