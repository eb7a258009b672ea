import Competition

/// Follows the code of all models that shall run and whose code may change under its id.
///
/// Ended by `close`.
final class ModelRenewals {
  private let world: ModelWorld
  private let interval: Duration
  private let mode: RebuildMode
  private let restart: (ModelID, String) -> Void
  private var renewals: [ModelID: ModelRenewal] = [:]

  /// Creates the follower of no models.
  ///
  /// - Parameters:
  ///   - world: What the models share.
  ///   - mode: What entries get that say nothing themselves.
  ///   - interval: How often to look where the system tells no events.
  ///   - restart: Called with a model and the reason when it shall run the code that is there now.
  init(
    in world: ModelWorld, mode: RebuildMode, every interval: Duration,
    restart: @escaping (ModelID, String) -> Void
  ) {
    self.world = world
    self.mode = mode
    self.interval = interval
    self.restart = restart
  }

  /// Follows the models of this list, and no others but `kept`, which stay as they are.
  func follow(_ entries: [ModelEntry], keeping kept: Set<ModelID>) {
    var left = Set(renewals.keys).subtracting(kept)
    for entry in entries {
      let id = entry.modelID
      let subject = ModelRenewal.Subject(
        folder: world.settings.submissionFolder(entry.launch.submissionID),
        isNative: entry.launch.command != nil, mode: entry.rebuild ?? mode)
      guard entry.desiredState == .running, subject.mode != .disabled else { continue }
      left.remove(id)
      if renewals[id]?.subject == subject { continue }
      renewals[id]?.close()
      renewals[id] = ModelRenewal(subject, of: id, in: world, every: interval) {
        [weak self] reason in self?.restart(id, reason)
      }
    }
    for id in left {
      renewals[id]?.close()
      renewals[id] = nil
    }
  }

  /// Stops following. Safe to call again.
  func close() {
    for renewal in renewals.values { renewal.close() }
    renewals = [:]
  }
}
