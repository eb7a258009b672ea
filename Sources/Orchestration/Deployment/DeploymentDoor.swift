public import Competition

/// What the deployment API asks of the orchestrator, from any thread.
public protocol DeploymentDoor: Sendable {
  /// The models in the order of the list.
  func models() async -> [DeployedModel]
  /// Why nothing can be deployed over the API; nil when it can.
  func obstacle() async -> String?
  /// Adds a model with a complete upload.
  func add(_ new: NewDeployment) async -> Result<DeployedModel, DeploymentFault>
  /// Changes a model; one with an upload is restarted.
  func change(
    _ id: ModelID, _ change: DeploymentChange
  ) async -> Result<ChangedDeployment, DeploymentFault>
  /// Stops and forgets a model that was added over the API; gives the uploads to delete.
  func remove(_ id: ModelID) async -> Result<[String], DeploymentFault>
  /// The file of a log; nil when no such model or environment is known.
  func logFile(_ job: LogJob) async -> String?
}

/// A model that is to be added.
public struct NewDeployment: Hashable, Sendable {
  /// The competition; nil means the first of the configuration, as in the Python orchestrator.
  public var crunchID: String?
  /// Its owner's id; nil means one made up.
  public var cruncherID: String?
  /// The upload, its state and its names.
  public var change: DeploymentChange
}

/// A model after a change.
public struct ChangedDeployment: Sendable {
  /// The model as it is now.
  public let model: DeployedModel
  /// Uploads that nobody needs any more.
  public let obsolete: [String]
}

/// Why a deployment isn't done.
public struct DeploymentFault: Error, Hashable, Sendable {
  /// The kind of reason.
  public enum Code: Hashable, Sendable {
    /// There is no such model.
    case unknown
    /// It isn't the API's to do.
    case conflict
    /// A limit is reached.
    case tooMany
    /// A value is wrong.
    case invalid
    /// The list of deployed models can't be written.
    case storage
  }

  /// The kind of reason.
  public let code: Code
  /// What is wrong and what to do.
  public let reason: String

  /// Creates a reason.
  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}
