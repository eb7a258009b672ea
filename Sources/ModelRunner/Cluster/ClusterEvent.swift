public import Competition

/// Something that happened to a cluster between or during rounds.
public enum ClusterEvent: Sendable {
  /// The orchestrator's model list is being followed.
  case orchestratorConnected
  /// The orchestrator is away; models stay connected, the next attempt comes after the delay.
  case orchestratorLost(reason: String, retryAfter: Duration)
  /// A message or entry of the orchestrator was skipped; the text names it.
  case entrySkipped(String)
  /// A model is connected and set up: it takes part from now on.
  case modelReady(ModelDescription)
  /// A model's connection broke; it is being connected anew.
  case modelLost(ModelDescription, reason: String)
  /// An attempt to connect or to set up a model failed; it is tried again after the delay.
  case modelNotReady(ModelDescription, reason: String, retryAfter: Duration)
  /// A model takes part no more.
  case modelClosed(ModelDescription, reason: String)
  /// A model was reported to the orchestrator.
  case modelReported(FailureReport)
  /// A model would have been reported, had reports not been turned off; it stays.
  case reportWithheld(FailureReport)
  /// So many models can't be set up, for the same reason, that nobody is blamed; they are tried
  /// again.
  case setupPanic(String)
  /// The orchestrator names more models than may be connected: these are left out.
  case modelsRefused([ModelID], reason: String)
  /// This process has no file descriptor left for a model's connection; it is tried again later.
  case outOfDescriptors
  /// So many models went wrong at once that nobody is blamed.
  case panic(String)
}
