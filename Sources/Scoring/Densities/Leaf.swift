/// One distribution with its parameters, checked: finite, scale and shapes > 0.
struct Leaf {
  /// Whose formulas and whose errors apply.
  enum Dialect: UInt8 {
    /// Those that `densitypdf` and `crunch-synth` write out (`builtin`, `statistics`).
    case builtin
    /// Those of `scipy.stats`, in logarithms: they don't overflow with large shapes.
    case scipy
  }

  var family: Family
  var dialect: Dialect
  /// The first shape: `df`, `c`, `a`, `s`, `b` or `dfn`; 0 when the family has none.
  var shape: Double = 0
  /// The second shape: `b` or `dfd`; 0 when the family has none.
  var secondShape: Double = 0
  var location: Double
  var scale: Double
}

/// A density or a part of one, in a list in document order: a mixture is followed by its parts.
struct DensityNode {
  enum Content {
    case leaf(Leaf)
    case mixture
  }

  var content: Content
  /// The absolute weight within the mixture around it; 1 outside of one.
  var weight: Double
  /// The index behind the last node of this density.
  var end: Int
}

extension Leaf: CustomStringConvertible {
  /// `t(df: 400.0, loc: 0.0, scale: 1.0)`.
  var description: String {
    let shapes = zip(family.shapeNames, [shape, secondShape]).map { "\($0): \($1), " }.joined()
    return "\(family.name)(\(shapes)loc: \(location), scale: \(scale))"
  }
}
