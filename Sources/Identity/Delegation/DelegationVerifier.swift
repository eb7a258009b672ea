public import Competition
import Synchronization

/// What became of a model's delegation.
public enum DelegationVerdict: Hashable, Sendable {
  /// The model may be called. `warning` is told once when the end comes near.
  case accepted(Delegation, warning: String?)
  /// It may not.
  case refused(DelegationError)
}

/// Checks the delegations of all models and remembers the last good one of each, so that a round
/// in which nothing changed costs a comparison per model and no ed25519 work.
///
/// An entry is used for the very bytes that were checked, the same key of the connection and the
/// same owner only; the time is looked at again with every use. Any thread may ask.
public final class DelegationVerifier: Sendable {
  private struct Entry {
    let presented: PresentedDelegation
    let expected: DelegationExpectation
    let delegation: Delegation
    var hasWarned: Bool
  }

  private struct State {
    var entries: [ModelID: Entry] = [:]
    var checkCount = 0
  }

  /// How long before its end a delegation is warned about.
  public let warningTime: Duration
  private let modelsMax: Int
  private let state = Mutex(State())

  /// Creates a verifier that knows nothing yet.
  ///
  /// - Parameters:
  ///   - warningTime: how long before its end a delegation is warned about. Default 7 days.
  ///   - modelsMax: models that are remembered; the delegation of another is checked each time.
  public init(warningTime: Duration = .seconds(7 * 86_400), modelsMax: Int = 5_000) {
    self.warningTime = warningTime
    self.modelsMax = modelsMax
  }

  /// Full checks made so far, with their signatures; a steady round adds none.
  public var checkCount: Int { state.withLock { $0.checkCount } }

  /// Checks what a model showed.
  public func verdict(
    on presented: PresentedDelegation, expecting expected: DelegationExpectation, at now: UTCTime
  ) -> DelegationVerdict {
    let known = state.withLock { $0.entries[expected.modelID] }
    do throws(DelegationError) {
      if let known, known.presented == presented, known.expected == expected {
        try known.delegation.checkTime(at: now)
        return accept(known, isNew: false, at: now)
      }
      state.withLock { $0.checkCount += 1 }
      let delegation = try Delegation.check(presented, against: expected, at: now)
      let entry = Entry(
        presented: presented, expected: expected, delegation: delegation, hasWarned: false)
      return accept(entry, isNew: true, at: now)
    } catch {
      forget(expected.modelID)
      return .refused(error)
    }
  }

  /// Forgets a model that left.
  public func forget(_ modelID: ModelID) {
    state.withLock { _ = $0.entries.removeValue(forKey: modelID) }
  }

  private func accept(_ entry: Entry, isNew: Bool, at now: UTCTime) -> DelegationVerdict {
    var entry = entry
    let warning = entry.hasWarned ? nil : self.warning(entry.delegation, at: now)
    if warning != nil { entry.hasWarned = true }
    if isNew || warning != nil { keep(entry) }
    return .accepted(entry.delegation, warning: warning)
  }

  private func keep(_ entry: Entry) {
    let id = entry.expected.modelID
    state.withLock { state in
      guard state.entries[id] != nil || state.entries.count < modelsMax else { return }
      state.entries[id] = entry
    }
  }

  private func warning(_ delegation: Delegation, at now: UTCTime) -> String? {
    guard let end = delegation.expiresAt, end.since(now) <= warningTime else { return nil }
    return
      "model \(delegation.modelID): the delegation ends at \(end.iso8601)Z; the cruncher signs a"
      + " new one before that, or the model is closed then"
  }
}
