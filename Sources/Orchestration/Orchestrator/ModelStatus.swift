public import Competition

/// How one model is doing.
public struct ModelStatus: Hashable, Sendable {
  /// The model.
  public let modelID: ModelID
  /// The competition that it takes part in.
  public let crunchID: String
  /// Where it is on its way.
  public let phase: ModelPhase
  /// Why it is there; nil when there is nothing to explain.
  public let reason: String?
  /// Why what is asked for now may not start, while an earlier version may run; nil when it may.
  public let refusal: String?
  /// The running version; nil when there is no process.
  public let deploymentID: String?
  /// The process; nil when there is none.
  public let processID: Int32?
  /// Processes started so far.
  public let startCount: Int

  init(_ process: ModelProcess) {
    let supervisor = process.supervisor
    modelID = supervisor.entry.modelID
    crunchID = supervisor.entry.crunchID
    phase = supervisor.phase
    reason = supervisor.reason
    refusal = supervisor.refusal
    deploymentID = supervisor.deploymentID
    processID = process.processID
    startCount = supervisor.startCount
  }
}
