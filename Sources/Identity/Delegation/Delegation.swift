public import Competition

/// A delegation that was checked: the wallet's owner lets the holder of one TLS key speak for one
/// model.
public struct Delegation: Hashable, Sendable {
  /// The model.
  public let modelID: ModelID
  /// The wallet that signed.
  public let wallet: WalletPublicKey
  /// The hotkey that it is for.
  public let hotkey: String
  /// When it ends; nil when it doesn't.
  public let expiresAt: UTCTime?

  /// Whether it is over at `now`.
  public func isExpired(at now: UTCTime) -> Bool { expiresAt.map { $0 <= now } ?? false }

  /// The longest base64 text of a message, characters: 16 KiB of JSON.
  public static let messageCharactersMax = (SignedMessage.bytesMax + 2) / 3 * 4
  /// The base64 text of a signature, characters.
  private static let signatureCharacters = 88

  /// Makes every check of the contract, each in its turn, and stops at the first that fails.
  ///
  /// Order: all three values present, encodings, the wallet, the signature over the raw bytes, the
  /// key of this connection, the model, the hotkey, the time.
  /// - Parameters:
  ///   - presented: what the model showed.
  ///   - expected: what it must say.
  ///   - now: the time by the wall clock.
  /// - Returns: the delegation.
  /// - Throws: `DelegationError` that names the model, what was found and what was expected.
  public static func check(
    _ presented: PresentedDelegation, against expected: DelegationExpectation, at now: UTCTime
  ) throws(DelegationError) -> Delegation {
    let refusal = DelegationRefusal(modelID: expected.modelID)
    guard let message = presented.message, let signature = presented.signature,
      let wallet = presented.wallet, !message.isEmpty, !signature.isEmpty, !wallet.isEmpty
    else { throw refusal.missing(presented) }
    let signed = try decode(message, signature, wallet, refusal)
    guard let owner = expected.wallet, !owner.isEmpty else { throw refusal.unknownWallet() }
    guard wallet == owner else { throw refusal.foreignWallet(wallet, expected: owner) }
    guard signed.isValid else { throw refusal.badSignature(wallet) }
    let text: DelegationText
    do { text = try DelegationText(signed.message) } catch {
      throw refusal.badMessage("\(error)")
    }
    guard text.certificateKey == expected.peerKey else {
      throw refusal.foreignKey(text.certificateKey, expected: expected.peerKey)
    }
    guard text.modelID == (expected.namesModel ? expected.modelID.rawValue : nil) else {
      throw refusal.foreignModel(text.modelID)
    }
    guard let hotkey = expected.hotkey, !hotkey.isEmpty else { throw refusal.unknownHotkey() }
    guard text.hotkey == hotkey else { throw refusal.foreignHotkey(text.hotkey, expected: hotkey) }
    let delegation = Delegation(
      modelID: expected.modelID, wallet: signed.wallet, hotkey: hotkey, expiresAt: text.expiresAt)
    try delegation.checkTime(at: now)
    return delegation
  }

  /// Looks at the time only, as is done with every answer.
  ///
  /// - Throws: `DelegationError` (`expired`).
  public func checkTime(at now: UTCTime) throws(DelegationError) {
    guard let expiresAt, isExpired(at: now) else { return }
    throw DelegationRefusal(modelID: modelID).expired(expiresAt, now: now)
  }

  /// The second check: base64, base64 of 64 bytes, base58 of a possible key.
  private static func decode(
    _ message: String, _ signature: String, _ wallet: String, _ refusal: DelegationRefusal
  ) throws(DelegationError) -> SignedMessage {
    let names = PresentedDelegation.metadataNames
    guard message.utf8.count <= messageCharactersMax else {
      throw refusal.badEncoding(
        "\(names[0]) has more than the \(messageCharactersMax) characters of 16 KiB")
    }
    guard let messageBytes = SignedMessage.base64Bytes(message) else {
      throw refusal.badEncoding("\(names[0]) is no base64 text as RFC 4648 has it (with padding)")
    }
    guard signature.utf8.count == signatureCharacters,
      let signatureBytes = SignedMessage.base64Bytes(signature),
      signatureBytes.count == WalletPublicKey.signatureByteCount
    else { throw refusal.badEncoding("\(names[1]) is not the base64 text of 64 bytes") }
    guard let key = WalletPublicKey(base58: wallet) else {
      throw refusal.badEncoding(
        "\(names[2]) \(Excerpt.of(wallet)) is not the base58 text of an ed25519 key (32 bytes)")
    }
    return SignedMessage(message: messageBytes, signature: signatureBytes, wallet: key)
  }
}
