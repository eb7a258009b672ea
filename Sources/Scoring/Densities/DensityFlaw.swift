/// Why a prediction cannot be scored, in words for its participant.
public struct DensityFlaw: Error, Hashable, Sendable, CustomStringConvertible {
  /// The step at fault, counted from 1; nil when the whole prediction is.
  public let step: Int?
  /// How many steps the prediction has.
  public let stepCount: Int
  /// What is wrong with it.
  public let cause: String

  init(step: Int?, of stepCount: Int, _ cause: String) {
    self.step = step
    self.stepCount = stepCount
    self.cause = cause
  }

  /// `step 17 of 288: component 2: params.scale must be > 0, got -1.0`.
  public var description: String {
    guard let step else { return cause }
    return "step \(step) of \(stepCount): \(cause)"
  }
}
