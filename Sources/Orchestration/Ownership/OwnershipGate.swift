import Competition
import Identity

/// Lets only models start whose submission was signed by the configured key.
///
/// What was accepted once stays accepted while nothing of it changes, so that an age limit stops no
/// model that runs.
struct OwnershipGate {
  private struct Accepted: Hashable {
    let claim: SubmissionClaim
    let signature: String?
  }

  private let settings: OwnershipSettings?
  private var accepted: [ModelID: Accepted] = [:]

  /// Without settings everything passes.
  init(_ settings: OwnershipSettings?) { self.settings = settings }

  /// Why the model may not start; nil when it may.
  mutating func refusal(of entry: ModelEntry, at now: UTCTime) -> String? {
    guard let settings else { return nil }
    let wanted = Accepted(claim: entry.claim, signature: entry.ownership.signature)
    if accepted[entry.modelID] == wanted { return nil }
    do throws(SubmissionError) {
      try SubmissionSignature(wanted.signature).check(
        wanted.claim, signedBy: settings.publicKey, at: now, ageMax: settings.ageMax)
      accepted[entry.modelID] = wanted
      return nil
    } catch {
      accepted[entry.modelID] = nil
      return "not shown to be its owner's: \(error)"
    }
  }

  /// Forgets the models that are not in `kept`.
  mutating func keepOnly(_ kept: Set<ModelID>) {
    accepted = accepted.filter { kept.contains($0.key) }
  }
}

extension ModelEntry {
  /// What the submission's signature is about.
  var claim: SubmissionClaim {
    SubmissionClaim(
      cruncherID: infos.cruncherID, modelID: modelID.rawValue, submissionID: launch.submissionID,
      resource: ownership.resource)
  }
}
