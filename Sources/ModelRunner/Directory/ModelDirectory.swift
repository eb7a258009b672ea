internal import Competition

/// The models that the orchestrator says are running: a pure value, events in, changes out.
struct ModelDirectory {
  /// What has to be done to follow the orchestrator.
  enum Change: Hashable {
    /// Connect to a model that is new, or runs as another deployment or elsewhere; an older
    /// connection of the same model is closed first.
    case open(ModelDescription)
    /// Only names and keys changed.
    case refresh(ModelDescription)
    /// Close the connection to a model that runs no more.
    case close(ModelID, reason: String)
  }

  private(set) var models: [ModelID: ModelDescription] = [:]
  private let modelsMax: Int

  init(modelsMax: Int) { self.modelsMax = modelsMax }

  /// Takes in a message. Applying the same message twice changes nothing the second time.
  ///
  /// - Returns: What to do, in order, and the models that are over the limit.
  mutating func apply(
    _ message: OrchestratorMessage
  ) -> (changes: [Change], refused: [ModelID]) {
    var changes: [Change] = []
    var refused: [ModelID] = []
    if message.event == .initial {
      // First what ends, so that its places are free for what begins.
      let named = Set(message.entries.map(\.model.modelID))
      for id in models.keys.sorted() where !named.contains(id) {
        models[id] = nil
        changes.append(.close(id, reason: "the orchestrator no longer names it"))
      }
    }
    for entry in message.entries {
      if let change = apply(entry, &refused) { changes.append(change) }
    }
    return (changes, refused)
  }

  /// Forgets a deployment that was reported; the orchestrator may bring it back by naming it again.
  mutating func forget(_ id: ModelID, deploymentID: String) {
    if models[id]?.deploymentID == deploymentID { models[id] = nil }
  }

  private mutating func apply(
    _ entry: OrchestratorMessage.Entry, _ refused: inout [ModelID]
  ) -> Change? {
    let model = entry.model
    let known = models[model.modelID]
    guard entry.state == .running else {
      // A message about another deployment than ours is stale.
      guard known?.deploymentID == model.deploymentID else { return nil }
      models[model.modelID] = nil
      return .close(model.modelID, reason: "the orchestrator says \(entry.state.rawValue)")
    }
    if let known, known.isSameProcess(as: model) {
      guard known != model else { return nil }
      models[model.modelID] = model
      return .refresh(model)
    }
    if known == nil, models.count >= modelsMax {
      refused.append(model.modelID)
      return nil
    }
    models[model.modelID] = model
    return .open(model)
  }
}

extension ModelDescription {
  /// Whether both name the same deployment at the same address.
  func isSameProcess(as other: ModelDescription) -> Bool {
    deploymentID == other.deploymentID && host == other.host && port == other.port
  }
}
