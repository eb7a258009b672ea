public import Competition

/// A model that is connected and set up.
public struct RunningModel: Hashable, Sendable {
  /// Who it is, which deployment, and where.
  public let description: ModelDescription
  /// A number that is new for each connection to the model: a new one may lead to a new process,
  /// which knows no prices, so that the model gets the whole history again.
  public let connection: UInt64

  /// Creates the value.
  public init(_ description: ModelDescription, connection: UInt64) {
    self.description = description
    self.connection = connection
  }
}

/// The same arguments for some models.
public struct CallGroup: Sendable {
  /// Positional arguments first.
  public let arguments: [CallArgument]
  /// Who gets them.
  public let models: [ModelID]

  /// Creates a group.
  public init(arguments: [CallArgument], models: [ModelID]) {
    self.arguments = arguments
    self.models = models
  }
}

/// One method called on many models at once, with a deadline for all of them.
public struct ModelCall: Sendable {
  /// The method's name.
  public let method: String
  /// Who is called with what; no model is in two groups.
  public let groups: [CallGroup]
  /// When the call ends, whoever has answered by then.
  public let deadline: MonotonicInstant
  /// Takes outcomes as they come, before the call returns; from any thread, and never waits. Nil
  /// when nobody wants them before the call's end.
  public let onOutcomes: (@Sendable ([PredictionOutcome]) -> Void)?

  /// Creates a call.
  public init(
    method: String, groups: [CallGroup], deadline: MonotonicInstant,
    onOutcomes: (@Sendable ([PredictionOutcome]) -> Void)? = nil
  ) {
    self.method = method
    self.groups = groups
    self.deadline = deadline
    self.onOutcomes = onOutcomes
  }
}

/// The models, as the rounds see them; `ModelRunner` stands behind it.
public protocol ModelPort: Sendable {
  /// The models that are connected and set up now.
  func runningModels() async -> [RunningModel]

  /// Calls the method and returns by the deadline.
  ///
  /// An outcome for each model is expected; those that are missing, doubled or of others are put
  /// right by the round. What was handed to `onOutcomes` is returned once more, with what is only
  /// known at the call's end.
  func call(_ call: ModelCall) async -> ModelAnswers

  /// Ends the call that is open, and those that are still to come, at `instant` at the latest.
  ///
  /// Called from any thread, when the program is to stop.
  func shortenDeadlines(to instant: MonotonicInstant)
}
