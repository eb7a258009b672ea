@testable import Scoring

/// A stored prediction on its way to densities: by the stencils of those before against the parser.
///
/// The first byte is the number of steps.
struct DensityText: FuzzTarget {
  static let name = "densities"

  func run(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let text = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    // One a run, so that an input does the same alone; it knows the seeds' stencils.
    let reader = DensityReader()
    for seed in Self.seeds() {
      seed.bytes.dropFirst().withUnsafeBytes { seed in
        _ = try? reader.read(seed, stepCount: 1)
      }
    }
    let parsed = Self.told { () throws(DensityFlaw) in
      try reader.parse(text, stepCount: Int(first))
    }
    for time in 1...2 {
      let read = Self.told { () throws(DensityFlaw) in
        try reader.read(text, stepCount: Int(first))
      }
      promise(read == parsed, "reading \(time) of \(read) is what was parsed: \(parsed)")
    }
  }

  /// What was read or why not, each number with all its digits.
  private static func told(_ read: () throws(DensityFlaw) -> PredictionDensities) -> String {
    do throws(DensityFlaw) {
      let densities = try read()
      return "\(densities.steps) \(densities.nodes) \(densities.leafCount)"
    } catch {
      return "\(error)"
    }
  }
}

extension DensityText {
  static func seeds() -> [(name: String, bytes: [UInt8])] {
    func density(_ type: String, _ name: String, _ params: String) -> String {
      #"{"type": "\#(type)", "name": "\#(name)", "params": {\#(params)}}"#
    }
    let norm = density("builtin", "norm", #""loc": -1e-06, "scale": 0.001"#)
    let beta = density("scipy", "beta", #""a": 2.5, "b": 3, "loc": 0"#)
    let mixture =
      #"{"type": "mixture", "components": [{"density": \#(norm), "weight": 0.25}, "#
      + #"{"density": \#(beta), "weight": 1}]}"#
    let normal = density("statistics", "normal", #""mu": 12345678901234567, "sigma": true"#)
    let texts: [(String, UInt8, String)] = [
      ("norm", 1, "[\(norm)]"), ("beta", 1, "[\(beta)]"), ("mixture", 1, "[\(mixture)]"),
      ("wrapped", 1, #"[{"step": 60, "prediction": \#(normal)}]"#),
      ("two", 2, "[\(norm), \(norm)]"), ("three", 3, "[\(mixture),\n\(beta),\n\(mixture)]\n"),
    ]
    return texts.map { ($0, [$1] + Array($2.utf8)) }
  }
}
