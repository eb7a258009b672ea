public import Competition
import Logging
import Telemetry

/// What the deployment API does with an orchestrator; all of it on the orchestrator's loop.
extension Orchestrator {
  private var bookFile: String { DeploymentBook.path(beside: configuration.modelsFile) }

  /// Reads what was deployed before.
  ///
  /// - Throws: `FileError` when the file is broken.
  func openBook() throws(FileError) {
    book = try DeploymentBook.read(bookFile)
    SubmissionStore(configuration.runner).sweep()
  }

  /// Writes what is deployed; what can't be written is told and tried again with the next change.
  func keepBook() {
    do {
      try book.write(to: bookFile)
    } catch {
      logger.error(
        "the list of deployed models can't be written",
        metadata: [LogKey.path: "\(bookFile)", LogKey.reason: "\(error)"])
    }
  }

  /// The models in the order of the list; with a registry, those that are known.
  public var deployments: [DeployedModel] {
    var copy = book
    let statuses = Dictionary(
      self.statuses.map { ($0.modelID, $0) }, uniquingKeysWith: { first, _ in first })
    let entries =
      configuration.registry == nil ? copy.merge(into: listed).list.entries : knownEntries
    return entries.map { deployment(of: $0, statuses[$0.modelID]) }
  }

  /// Why nothing can be deployed over the API; nil when it can.
  public var deploymentObstacle: String? {
    if configuration.registry != nil { return "the models come from the registry" }
    if configuration.ownership != nil {
      return "only signed submissions are started: list them in models.yml with their signatures"
    }
    return nil
  }

  /// Adds a model.
  public func add(_ new: NewDeployment) throws(DeploymentFault) -> DeployedModel {
    try mustBeOpen()
    let modelsMax = configuration.api?.modelsMax ?? 0
    guard book.models.count < modelsMax else {
      throw DeploymentFault(
        .tooMany, "\(modelsMax) models are deployed already (api.models-max); delete some")
    }
    let crunches = configuration.crunches.map(\.id)
    let crunchID = new.crunchID ?? crunches[0]
    guard crunches.contains(crunchID) else {
      throw DeploymentFault(
        .invalid, "crunch_id must be one of \(crunches.joined(separator: ", "))")
    }
    let id = book.nextID(beside: listed)
    var change = new.change
    change.desiredState = change.desiredState ?? .running
    change.modelName = change.modelName ?? "model-\(id)"
    change.cruncherName = change.cruncherName ?? "local"
    let before = book
    book.add(
      DeploymentBook.Model(
        id: id, crunchID: crunchID, cruncherID: new.cruncherID ?? "local-\(id)", change: change,
        uploads: [change.submissionID].compactMap { $0 }))
    try keep(orReturnTo: before)
    logger.notice("a model was deployed", metadata: [LogKey.model: "\(id)"])
    applyList()
    return try deployment(id)
  }

  /// Changes a model.
  public func change(
    _ id: ModelID, _ change: DeploymentChange
  ) throws(DeploymentFault) -> ChangedDeployment {
    try mustBeOpen()
    let entry = listed.entries.first { $0.modelID == id }
    guard entry != nil || book.holds(id) else { throw DeploymentFault(.unknown, id.rawValue) }
    let before = book
    let obsolete = book.change(id, change, of: entry)
    try keep(orReturnTo: before)
    logger.notice("a deployed model was changed", metadata: [LogKey.model: "\(id)"])
    applyList()
    return ChangedDeployment(model: try deployment(id), obsolete: obsolete)
  }

  /// Stops and forgets a model that was added over the API.
  ///
  /// - Returns: The uploads to delete.
  public func remove(_ id: ModelID) throws(DeploymentFault) -> [String] {
    try mustBeOpen()
    guard book.holds(id) else {
      guard listed.entries.contains(where: { $0.modelID == id }) else {
        throw DeploymentFault(.unknown, id.rawValue)
      }
      throw DeploymentFault(
        .conflict, "model \(id) stands in models.yml; remove it there, or stop it here")
    }
    let before = book
    let obsolete = book.remove(id)
    try keep(orReturnTo: before)
    logger.notice("a deployed model was deleted", metadata: [LogKey.model: "\(id)"])
    applyList()
    return obsolete
  }

  /// The file of a log; nil when no such model or environment is known.
  public func logFile(_ job: LogJob) -> String? {
    switch job.kind {
    case .runner:
      let isKnown = deployments.contains { $0.entry.modelID.rawValue == job.name }
      return isKnown ? "\(configuration.runner.logsFolder)/\(job.name).log" : nil
    case .builder:
      let isKnown = deployments.contains { $0.environment == job.name }
      return isKnown ? "\(configuration.runner.environmentsFolder)/\(job.name).log" : nil
    }
  }

  private func mustBeOpen() throws(DeploymentFault) {
    if let obstacle = deploymentObstacle { throw DeploymentFault(.conflict, obstacle) }
  }

  private func keep(orReturnTo before: DeploymentBook) throws(DeploymentFault) {
    do {
      try book.write(to: bookFile)
    } catch {
      book = before
      logger.error(
        "the list of deployed models can't be written",
        metadata: [LogKey.path: "\(bookFile)", LogKey.reason: "\(error)"])
      throw DeploymentFault(.storage, "the list of deployed models can't be written")
    }
  }

  private func deployment(_ id: ModelID) throws(DeploymentFault) -> DeployedModel {
    guard let model = deployments.first(where: { $0.entry.modelID == id }) else {
      throw DeploymentFault(.unknown, id.rawValue)
    }
    return model
  }

  private func deployment(of entry: ModelEntry, _ status: ModelStatus?) -> DeployedModel {
    let folder = configuration.runner.submissionFolder(entry.launch.submissionID)
    return DeployedModel(
      entry: entry, status: status, isFromAPI: book.holds(entry.modelID),
      environment: entry.launch.command == nil
        ? world.environments.name(submissionFolder: folder) : nil)
  }
}
