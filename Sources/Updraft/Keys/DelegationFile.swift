import Cryptography
import Identity
import JSON
import ServiceRuntime

/// A signed delegation as crunch-certificate keeps it: `message_b64`, `wallet_pubkey_b58` and
/// `signature_b64`.
struct DelegationFile {
  let presented: PresentedDelegation

  /// Signs.
  ///
  /// - Throws: `StartFailure` for a message that nobody would accept.
  init(_ text: DelegationText, by key: WalletKey) throws {
    let message = try text.message()
    guard message.count <= SignedMessage.bytesMax else {
      throw StartFailure(
        "the message would have \(message.count) bytes, at most \(SignedMessage.bytesMax)",
        exitCode: .incomplete)
    }
    presented = try SignedMessage(message, by: key).presented()
  }

  /// Nil when the JSON isn't one.
  init?(_ value: JSONValue) {
    guard let message = value["message_b64"]?.stringValue,
      let wallet = value["wallet_pubkey_b58"]?.stringValue,
      let signature = value["signature_b64"]?.stringValue
    else { return nil }
    presented = PresentedDelegation(message: message, signature: signature, wallet: wallet)
  }

  var bytes: [UInt8] {
    let value: JSONValue = [
      "message_b64": .string(presented.message ?? ""),
      "wallet_pubkey_b58": .string(presented.wallet ?? ""),
      "signature_b64": .string(presented.signature ?? ""),
    ]
    return Array((value.text() + "\n").utf8)
  }

  /// What the message says; nil when it can't be read.
  var text: DelegationText? {
    guard let bytes = presented.message.flatMap({ try? Base64.decode($0) }) else { return nil }
    return try? DelegationText(bytes)
  }

  /// Whether the wallet signed the message.
  var isSigned: Bool {
    guard let message = presented.message.flatMap({ try? Base64.decode($0) }),
      let signature = presented.signature.flatMap({ try? Base64.decode($0) }),
      let wallet = presented.wallet.flatMap({ WalletPublicKey(base58: $0) })
    else { return false }
    return SignedMessage(message: message, signature: signature, wallet: wallet).isValid
  }
}
