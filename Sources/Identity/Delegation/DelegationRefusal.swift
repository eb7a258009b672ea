import Competition
import Cryptography

/// Words each failed check of one model's delegation.
struct DelegationRefusal {
  let modelID: ModelID

  private static let signAnew =
    "the cruncher signs a new one (`updraft keys delegate`, crunch-certificate sign) and restarts"
    + " the model with it"
  private static let correctRegistry =
    "add it to the registry or to models.yml, or call this model without secure mode"

  func missing(_ presented: PresentedDelegation) -> DelegationError {
    let values = [presented.message, presented.signature, presented.wallet]
    let missing = zip(PresentedDelegation.metadataNames, values)
      .filter { $0.1 == nil || $0.1 == "" }.map(\.0)
    return DelegationError(
      .missingMetadata, modelID,
      "its answer carries no \(missing.joined(separator: ", ")), expected a signed delegation",
      do: "the cruncher starts the model in secure mode, with a signed message")
  }

  func badEncoding(_ finding: String) -> DelegationError {
    DelegationError(.badEncoding, modelID, finding, do: Self.signAnew)
  }

  func unknownWallet() -> DelegationError {
    DelegationError(
      .unknownWallet, modelID,
      "the orchestrator names no cruncher_wallet_pubkey for it, and no wallet equals a missing one",
      do: Self.correctRegistry)
  }

  func foreignWallet(_ wallet: String, expected: String) -> DelegationError {
    DelegationError(
      .foreignWallet, modelID,
      "the delegation is signed by wallet \(Excerpt.of(wallet)), expected \(Excerpt.of(expected))",
      do: "the cruncher signs with the registered wallet, or registers this one")
  }

  func badSignature(_ wallet: String) -> DelegationError {
    DelegationError(
      .badSignature, modelID,
      "the signature isn't wallet \(Excerpt.of(wallet))'s for this message", do: Self.signAnew)
  }

  func badMessage(_ cause: String) -> DelegationError {
    DelegationError(.badMessage, modelID, "the signed message \(cause)", do: Self.signAnew)
  }

  func foreignKey(_ key: [UInt8], expected: [UInt8]) -> DelegationError {
    DelegationError(
      .foreignKey, modelID,
      "the delegation is for TLS key \(KeyFingerprint.short(key)), expected this connection's"
        + " \(KeyFingerprint.short(expected)) (SHA-256 of the SubjectPublicKeyInfo)",
      do: Self.signAnew)
  }

  func foreignModel(_ id: String?) -> DelegationError {
    DelegationError(
      .foreignModel, modelID,
      "the delegation is for model \(Excerpt.of(id)), expected \(Excerpt.of(modelID.rawValue))",
      do: Self.signAnew)
  }

  func unknownHotkey() -> DelegationError {
    DelegationError(
      .unknownHotkey, modelID,
      "the orchestrator names no cruncher_hotkey for it, and no hotkey equals a missing one",
      do: Self.correctRegistry)
  }

  func foreignHotkey(_ hotkey: String?, expected: String) -> DelegationError {
    DelegationError(
      .foreignHotkey, modelID,
      "the delegation is for hotkey \(Excerpt.of(hotkey)), expected \(Excerpt.of(expected))",
      do: Self.signAnew)
  }

  func expired(_ time: UTCTime, now: UTCTime) -> DelegationError {
    DelegationError(
      .expired, modelID,
      "the delegation ended at \(time.iso8601)Z, and it is \(now.iso8601)Z", do: Self.signAnew)
  }
}
