import Competition

/// Answers as participants give them: 288 Student t densities with the digits that Python prints,
/// about 55 KB.
enum Answers {
  static let stepCount = 288

  /// `count` different answers, the same for the same `seed`.
  static func make(_ count: Int, seed: UInt64) -> [ByteView] {
    var random = SplitMix(state: seed)
    return (0..<count).map { _ in
      let densities = (1...stepCount).map { step in density(step: step, &random) }
      return ByteView("[" + densities.joined(separator: ", ") + "]")
    }
  }

  private static func density(step: Int, _ random: inout SplitMix) -> String {
    let df = Double.random(in: 2.5...30, using: &random)
    let loc = Double.random(in: -2e-4...2e-4, using: &random)
    let scale = Double.random(in: 1e-4...4e-3, using: &random)
    let seconds = step * 300
    let minute = seconds / 60 % 60
    let time = "2026-11-22T\(seconds / 3_600 % 24):\(minute / 10)\(minute % 10):00"
    return #"{"step": \#(seconds), "time": "\#(time)", "prediction": {"type": "builtin", "#
      + #""name": "t", "params": {"df": \#(df), "loc": \#(loc), "scale": \#(scale)}}}"#
  }
}

/// A small seeded generator (SplitMix64, Steele et al. 2014).
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
