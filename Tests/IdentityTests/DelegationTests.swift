import Competition
import Cryptography
import JSON
import Testing

@testable import Identity

private let now = UTCTime(secondsSinceEpoch: 1_800_000_000)

/// A cruncher with a wallet and a TLS key, and what the orchestrator knows of it.
struct Cruncher {
  let wallet: WalletKey
  let peerKey: [UInt8] = [1, 2, 3, 4]
  let hotkey = "5Hotkey"
  let modelID = ModelID("9647")

  init() throws { wallet = try WalletKey.generate() }

  var expectation: DelegationExpectation {
    DelegationExpectation(
      modelID: modelID, wallet: wallet.publicKey.base58, hotkey: hotkey, peerKey: peerKey)
  }

  var text: DelegationText {
    DelegationText(certificateKey: peerKey, hotkey: hotkey, modelID: modelID.rawValue)
  }

  func presented(_ text: DelegationText) throws -> PresentedDelegation {
    try presented(json: text.message())
  }

  func presented(json: [UInt8]) throws -> PresentedDelegation {
    try SignedMessage(json, by: wallet).presented()
  }
}

private func refusal(
  _ presented: PresentedDelegation, _ expected: DelegationExpectation
) throws -> DelegationError {
  try #require(
    throws: DelegationError.self,
    performing: { try Delegation.check(presented, against: expected, at: now) })
}

@Test func aRightDelegationIsAcceptedWithItsEnd() throws {
  let cruncher = try Cruncher()
  let endless = try Delegation.check(
    cruncher.presented(cruncher.text), against: cruncher.expectation, at: now)
  #expect(endless.modelID == cruncher.modelID && endless.hotkey == cruncher.hotkey)
  #expect(endless.wallet == cruncher.wallet.publicKey && endless.expiresAt == nil)
  var text = cruncher.text
  text.expiresAt = now.advanced(by: .seconds(1))
  let ending = try Delegation.check(
    cruncher.presented(text), against: cruncher.expectation, at: now)
  #expect(ending.expiresAt == text.expiresAt)
  #expect(!ending.isExpired(at: now) && ending.isExpired(at: now.advanced(by: .seconds(1))))
}

@Test func theMessageIsCrunchCertificatesByteForByte() throws {
  var text = DelegationText(certificateKey: [0xff], hotkey: "hö\"t", modelID: "7")
  #expect(
    String(decoding: try text.message(), as: UTF8.self)
      == #"{"cert_pub": "/w==", "hotkey": "h\u00f6\"t", "model_id": "7"}"#)
  text.modelID = nil
  text.expiresAt = now
  let bytes = try text.message()
  #expect(
    String(decoding: bytes, as: UTF8.self)
      == #"{"cert_pub": "/w==", "hotkey": "h\u00f6\"t", "expires_at": 1800000000}"#)
  #expect(try DelegationText(bytes) == text)
}

@Test func theValuesAreFoundByTheirNamesInTheMetadata() throws {
  let cruncher = try Cruncher()
  let presented = try cruncher.presented(cruncher.text)
  let metadata = [
    "x-server-auth-message": presented.message ?? "", "content-type": "application/grpc",
    "x-server-auth-signature": presented.signature ?? "",
    "x-server-wallet-pubkey": presented.wallet ?? "",
  ]
  #expect(PresentedDelegation(metadata: metadata) == presented)
  let none = PresentedDelegation(metadata: [:])
  #expect(none == PresentedDelegation(message: nil, signature: nil, wallet: nil))
}

@Test func eachMissingValueIsNamed() throws {
  let cruncher = try Cruncher()
  let good = try cruncher.presented(cruncher.text)
  let fields: [(WritableKeyPath<PresentedDelegation, String?>, String)] = [
    (\.message, "x-server-auth-message"), (\.signature, "x-server-auth-signature"),
    (\.wallet, "x-server-wallet-pubkey"),
  ]
  for (field, name) in fields {
    for value in [nil, ""] {
      var presented = good
      presented[keyPath: field] = value
      let error = try refusal(presented, cruncher.expectation)
      #expect(error.code == .missingMetadata)
      #expect(error.description.hasPrefix("model 9647: its answer carries no \(name),"), "\(error)")
    }
  }
}

@Test func eachBadEncodingIsNamed() throws {
  let cruncher = try Cruncher()
  let good = try cruncher.presented(cruncher.text)
  let cases: [(WritableKeyPath<PresentedDelegation, String?>, String, String)] = [
    (\.message, "{}", "x-server-auth-message is no base64"),
    (\.message, (good.message ?? "") + "\n", "x-server-auth-message is no base64"),
    (
      \.message, String(repeating: "A", count: Delegation.messageCharactersMax + 4),
      "x-server-auth-message has more than"
    ),
    (\.signature, "YQ==", "x-server-auth-signature is not the base64 text of 64 bytes"),
    (\.signature, String(repeating: "-", count: 88), "x-server-auth-signature is not"),
    (\.wallet, "0OIl", "x-server-wallet-pubkey \"0OIl\" is not"),
    (\.wallet, "1111", "x-server-wallet-pubkey \"1111\" is not"),
    (\.wallet, String(repeating: "1", count: 32), "x-server-wallet-pubkey \"1111"),
    (\.wallet, String(repeating: "z", count: 5_000), "x-server-wallet-pubkey \"zzz"),
  ]
  for (field, value, cause) in cases {
    var presented = good
    presented[keyPath: field] = value
    let error = try refusal(presented, cruncher.expectation)
    #expect(error.code == .badEncoding)
    #expect(error.finding.hasPrefix(cause), "\(error)")
    #expect(error.description.utf8.count < 500)
  }
}

@Test func aForeignWalletIsRefusedWithBothNames() throws {
  let cruncher = try Cruncher()
  let other = try Cruncher()
  let error = try refusal(other.presented(cruncher.text), cruncher.expectation)
  #expect(error.code == .foreignWallet)
  #expect(
    error.finding.contains("signed by wallet \"\(other.wallet.publicKey)\"")
      && error.finding.contains("expected \"\(cruncher.wallet.publicKey)\""))
}

@Test func aSignatureOfAnotherMessageOrWalletIsRefused() throws {
  let cruncher = try Cruncher()
  var presented = try cruncher.presented(cruncher.text)
  presented.signature = try cruncher.presented(json: [1]).signature
  #expect(try refusal(presented, cruncher.expectation).code == .badSignature)
  presented.signature = try Cruncher().presented(cruncher.text).signature
  let error = try refusal(presented, cruncher.expectation)
  #expect(error.code == .badSignature)
  #expect(error.finding.contains("isn't wallet \"\(cruncher.wallet.publicKey)\"'s"))
}

@Test func aDelegationForAnotherKeyModelOrHotkeyIsRefusedInThisOrder() throws {
  let cruncher = try Cruncher()
  var text = cruncher.text
  text.hotkey = "5Other"
  let hotkey = try refusal(cruncher.presented(text), cruncher.expectation)
  #expect(hotkey.code == .foreignHotkey)
  #expect(hotkey.finding == #"the delegation is for hotkey "5Other", expected "5Hotkey""#)
  text.modelID = "9648"
  let model = try refusal(cruncher.presented(text), cruncher.expectation)
  #expect(model.code == .foreignModel)
  #expect(model.finding == #"the delegation is for model "9648", expected "9647""#)
  text.modelID = nil
  #expect(
    try refusal(cruncher.presented(text), cruncher.expectation).finding
      == #"the delegation is for model nothing, expected "9647""#)
  text.certificateKey = [9]
  let key = try refusal(cruncher.presented(text), cruncher.expectation)
  #expect(key.code == .foreignKey)
  #expect(key.finding.contains(KeyFingerprint.short([9])))
  #expect(key.finding.contains(KeyFingerprint.short(cruncher.peerKey)))
}

@Test func aMissingWalletOrHotkeyEqualsNothingNotEvenAMissingOne() throws {
  let cruncher = try Cruncher()
  for missing in [nil, ""] {
    var expected = cruncher.expectation
    expected.wallet = missing
    let wallet = try refusal(cruncher.presented(cruncher.text), expected)
    #expect(wallet.code == .unknownWallet && wallet.finding.contains("cruncher_wallet_pubkey"))
    for presented in [cruncher.hotkey, nil, ""] {
      var text = cruncher.text
      text.hotkey = presented
      expected = cruncher.expectation
      expected.hotkey = missing
      let hotkey = try refusal(cruncher.presented(text), expected)
      #expect(hotkey.code == .unknownHotkey && hotkey.finding.contains("cruncher_hotkey"))
    }
  }
}

@Test func aDelegationIsOverAtItsEnd() throws {
  let cruncher = try Cruncher()
  var text = cruncher.text
  text.expiresAt = now
  let error = try refusal(cruncher.presented(text), cruncher.expectation)
  #expect(error.code == .expired)
  #expect(
    error.finding
      == "the delegation ended at 2027-01-15T08:00:00Z, and it is 2027-01-15T08:00:00Z")
}

@Test(arguments: [
  ("", "is no JSON"), ("[]", "is no JSON object"), ("{", "is no JSON"), ("\u{1}", "is no JSON"),
  (#"{"hotkey":"5Hotkey"}"#, "has no cert_pub"), (#"{"cert_pub":null}"#, "has no cert_pub"),
  (#"{"cert_pub":7}"#, "has a cert_pub that is no text"),
  (#"{"cert_pub":"A"}"#, "has a cert_pub that is no base64 text"),
  (#"{"cert_pub":"AQIDBA==","cert_pub":"AQIDBA=="}"#, "has a key twice"),
  (#"{"cert_pub":"AQIDBA==","model_id":9647}"#, "has a model_id that is no text"),
  (#"{"cert_pub":"AQIDBA==","hotkey":["5Hotkey"]}"#, "has a hotkey that is no text"),
  (#"{"cert_pub":"AQIDBA==","expires_at":"1900000000"}"#, "has an expires_at that is no whole"),
  (#"{"cert_pub":"AQIDBA==","expires_at":1.5}"#, "has an expires_at that is no whole"),
  (#"{"cert_pub":"AQIDBA==","expires_at":-1}"#, "has an expires_at that is no whole"),
  (#"{"cert_pub":"AQIDBA==","expires_at":1e300}"#, "has an expires_at that is no whole"),
  (#"{"cert_pub":"AQIDBA==","expires_at":true}"#, "has an expires_at that is no whole"),
  (#"{"a":[[[[[[[[[[1]]]]]]]]]]}"#, "is no JSON"),
])
func aSignedMessageThatIsWrongIsRefusedWithTheCause(json: String, cause: String) throws {
  let cruncher = try Cruncher()
  let presented = try cruncher.presented(json: Array(json.utf8))
  if json.isEmpty {
    #expect(try refusal(presented, cruncher.expectation).code == .missingMetadata)
    return
  }
  let error = try refusal(presented, cruncher.expectation)
  #expect(error.code == .badMessage)
  #expect(error.finding.hasPrefix("the signed message \(cause)"), "\(error)")
}

@Test func otherFieldsAreLetBeAndTheSizeIsBounded() throws {
  let cruncher = try Cruncher()
  let start = #"{"cert_pub":"AQIDBA==","hotkey":"5Hotkey","model_id":"9647","note":""#
  let room = SignedMessage.bytesMax - start.utf8.count - 2
  for (padding, fits) in [(room, true), (room + 1, false)] {
    let json = Array((start + String(repeating: "x", count: padding) + "\"}").utf8)
    let presented = try cruncher.presented(json: json)
    if fits {
      #expect(json.count == SignedMessage.bytesMax)
      _ = try Delegation.check(presented, against: cruncher.expectation, at: now)
    } else {
      #expect(throws: DelegationError.self) {
        try Delegation.check(presented, against: cruncher.expectation, at: now)
      }
    }
  }
}
