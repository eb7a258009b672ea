/// Predictions as participants give them: Student t densities with the digits that Python prints.
public enum DensityText {
  /// The seconds between two steps.
  public static let stepSeconds = 300
  /// What one density takes, about.
  private static let densityBytes = 190

  /// How many steps an answer of about `replyBytes` bytes has: 289 for Condor's 55 KB.
  public static func stepCount(replyBytes: Int) -> Int { max(1, replyBytes / densityBytes) }

  /// One answer of `stepCount` densities.
  public static func json(
    stepCount: Int, using random: inout some RandomNumberGenerator
  ) -> String {
    let densities = (1...stepCount).map { density(step: $0, &random) }
    return "[" + densities.joined(separator: ", ") + "]"
  }

  private static func density(
    step: Int, _ random: inout some RandomNumberGenerator
  ) -> String {
    let df = Double.random(in: 2.5...30, using: &random)
    let loc = Double.random(in: -2e-4...2e-4, using: &random)
    let scale = Double.random(in: 1e-4...4e-3, using: &random)
    return #"{"step": \#(step * stepSeconds), "prediction": {"type": "builtin", "name": "t", "#
      + #""params": {"df": \#(df), "loc": \#(loc), "scale": \#(scale)}}, "weight": 1.0}"#
  }
}
