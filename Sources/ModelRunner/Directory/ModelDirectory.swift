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

  /// Takes in a message, of which only the outcome counts: a model that it names twice changes at
  /// most once. Applying the same message twice changes nothing the second time.
  ///
  /// - Returns: What to do, in order, and the models that are over the limit.
  mutating func apply(
    _ message: OrchestratorMessage
  ) -> (changes: [Change], refused: [ModelID]) {
    var touched = Touched()
    var refused: [ModelID] = []
    if message.event == .initial {
      // First what ends, so that its places are free for what begins.
      let named = Set(message.entries.map(\.model.modelID))
      for id in models.keys.sorted() where !named.contains(id) {
        touched.note(id, models[id])
        touched.reasons[id] = "the orchestrator no longer names it"
        models[id] = nil
      }
    }
    for entry in message.entries {
      touched.note(entry.model.modelID, models[entry.model.modelID])
      apply(entry, &touched, &refused)
    }
    return (touched.models.compactMap { change($0, from: $1, touched.reasons) }, refused)
  }

  /// Forgets a deployment that was reported; the orchestrator may bring it back by naming it again.
  mutating func forget(_ id: ModelID, deploymentID: String) {
    if models[id]?.deploymentID == deploymentID { models[id] = nil }
  }

  private mutating func apply(
    _ entry: OrchestratorMessage.Entry, _ touched: inout Touched, _ refused: inout [ModelID]
  ) {
    let model = entry.model
    let known = models[model.modelID]
    guard entry.state == .running else {
      // A message about another deployment than ours is stale.
      guard let known, known.deploymentID == model.deploymentID else { return }
      models[model.modelID] = nil
      touched.reasons[model.modelID] = "the orchestrator says \(entry.state.rawValue)"
      return
    }
    guard known != nil || models.count < modelsMax else {
      refused.append(model.modelID)
      return
    }
    models[model.modelID] = model
  }

  /// What leads from a model as it was to the model as it is.
  private func change(
    _ id: ModelID, from before: ModelDescription?, _ reasons: [ModelID: String]
  ) -> Change? {
    guard let now = models[id] else {
      return before.map { _ in .close(id, reason: reasons[id] ?? "the orchestrator stopped it") }
    }
    guard let before, before.isSameProcess(as: now) else { return .open(now) }
    return before == now ? nil : .refresh(now)
  }

  /// The models that a message names, as they were, in the order in which it names them.
  private struct Touched {
    private(set) var models: [(ModelID, before: ModelDescription?)] = []
    /// Why the stopped ones were.
    var reasons: [ModelID: String] = [:]
    private var ids: Set<ModelID> = []

    mutating func note(_ id: ModelID, _ before: ModelDescription?) {
      if ids.insert(id).inserted { models.append((id, before)) }
    }
  }
}

extension ModelDescription {
  /// Whether both name the same deployment at the same address.
  func isSameProcess(as other: ModelDescription) -> Bool {
    deploymentID == other.deploymentID && host == other.host && port == other.port
  }
}
