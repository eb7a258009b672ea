public import Competition

/// One model of `models.yml`.
public struct ModelEntry: Hashable, Sendable {
  /// What the owner wants of the model.
  public enum DesiredState: String, Hashable, Sendable, CaseIterable {
    /// It shall run.
    case running = "RUNNING"
    /// It shall not.
    case stopped = "STOPPED"
  }

  /// The identity of the model; safe as a part of a file's name.
  public var modelID: ModelID
  /// The competition that it takes part in.
  public var crunchID: String
  /// What the owner wants.
  public var desiredState: DesiredState
  /// What has to be started; a change means a new process.
  public var launch: ModelLaunch
  /// Who owns it, and under which names it is shown.
  public var infos: ModelInfos
  /// What shows that the owner handed in the submission.
  public var ownership: SubmissionOwnership
  /// What follows a change of its code; nil means what `orchestrator.yml` says.
  public var rebuild: RebuildMode?
  /// The line of the file that it begins at; not part of its identity.
  public var line: Int?

  /// Creates an entry.
  public init(
    modelID: ModelID, crunchID: String, desiredState: DesiredState = .running,
    launch: ModelLaunch, infos: ModelInfos = ModelInfos(),
    ownership: SubmissionOwnership = SubmissionOwnership(), rebuild: RebuildMode? = nil,
    line: Int? = nil
  ) {
    self.modelID = modelID
    self.crunchID = crunchID
    self.desiredState = desiredState
    self.launch = launch
    self.infos = infos
    self.ownership = ownership
    self.rebuild = rebuild
    self.line = line
  }

  /// Whether both ask for the same thing, wherever they stand in the file.
  public func asksTheSame(as other: ModelEntry) -> Bool {
    var moved = other
    moved.line = line
    return self == moved
  }
}

/// What has to be started for a model.
public struct ModelLaunch: Hashable, Sendable {
  /// The submission, whose folder holds the code.
  public var submissionID: String
  /// The resources, whose folder is given to the model; nil when it has none.
  public var resourceID: String?
  /// A native program with its arguments, `{port}` standing for the port; nil means Python's
  /// runner.
  public var command: [String]?
  /// How far it is kept from the machine; nil means as `orchestrator.yml` says.
  public var isolation: Isolation?

  /// Creates a launch.
  public init(
    submissionID: String, resourceID: String? = nil, command: [String]? = nil,
    isolation: Isolation? = nil
  ) {
    self.isolation = isolation
    self.submissionID = submissionID
    self.resourceID = resourceID
    self.command = command
  }
}
