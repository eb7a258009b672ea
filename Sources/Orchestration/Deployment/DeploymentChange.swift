import Competition

/// What a request changes of a model; nil leaves a thing as it is.
public struct DeploymentChange: Hashable, Sendable {
  /// What its owner wants.
  public var desiredState: ModelEntry.DesiredState?
  /// The upload with its code.
  public var submissionID: String?
  /// Its name for people.
  public var modelName: String?
  /// Its owner's name for people.
  public var cruncherName: String?

  /// Changes nothing.
  public init() {}

  /// Takes what another change says, and keeps the rest.
  mutating func take(_ other: DeploymentChange) {
    desiredState = other.desiredState ?? desiredState
    submissionID = other.submissionID ?? submissionID
    modelName = other.modelName ?? modelName
    cruncherName = other.cruncherName ?? cruncherName
  }

  func apply(to entry: inout ModelEntry) {
    if let desiredState { entry.desiredState = desiredState }
    if let submissionID, submissionID != entry.launch.submissionID {
      entry.launch.submissionID = submissionID
      // What was uploaded is Python.
      entry.launch.command = nil
    }
    if let modelName { entry.infos.modelName = modelName }
    if let cruncherName { entry.infos.cruncherName = cruncherName }
  }
}
