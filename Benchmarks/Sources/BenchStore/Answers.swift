import Competition
import Resilience

/// Answers as participants give them: 288 Student t densities with the digits that Python prints,
/// about 55 KB.
enum Answers {
  static let stepCount = 288

  /// `count` different answers, the same for the same `seed`.
  static func make(_ count: Int, seed: UInt64) -> [ByteView] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      let densities = (1...stepCount).map { step in density(step: step, &random) }
      return ByteView("[" + densities.joined(separator: ", ") + "]")
    }
  }

  private static func density(step: Int, _ random: inout SplitMix64) -> String {
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
