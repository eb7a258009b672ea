/// The densities of one prediction as they were read: one a step, good or flawed.
///
/// A flaw in one step doesn't hurt a score that never looks at that step (its price did not move on
/// to a new point), just as in Condor.
public struct PredictionDensities {
  /// The number of steps.
  public var stepCount: Int { steps.count }

  /// Where each step's density begins in `nodes`, or what is wrong with it. Shape: [stepCount].
  var steps: ContiguousArray<Step> = []
  /// All densities one after another, each mixture before its parts.
  var nodes: ContiguousArray<DensityNode> = []
  /// The number of single distributions.
  var leafCount = 0

  enum Step {
    case density(at: Int)
    case flawed(cause: String)
  }

  /// The flaw of a step, for people.
  func flaw(atStep index: Int, _ cause: String) -> DensityFlaw {
    DensityFlaw(step: index + 1, of: stepCount, cause)
  }
}
