public import Competition
import Cryptography
import JSON

/// Why a gateway's token is not accepted. It holds public values only.
public struct GatewayTokenRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The check that failed.
  public enum Code: String, Hashable, Sendable {
    /// One of the three values is not encoded as it must be.
    case badEncoding
    /// The key is not among those that are trusted.
    case foreignKey
    /// The key did not sign this message.
    case badSignature
    /// The message is no JSON object with a model and a time.
    case badMessage
    /// It is for another model.
    case foreignModel
    /// It is too old, or from the future.
    case stale
  }

  /// The check that failed.
  public let code: Code
  /// What was found and what was expected.
  public let description: String
}

extension GatewayToken {
  /// Makes the checks of a model behind a gateway, in its order: encodings, a trusted key, the
  /// signature, the model, the age.
  ///
  /// - Parameters:
  ///   - modelID: the model that was called.
  ///   - trusted: SHA-256 of the trusted keys' SubjectPublicKeyInfo, as the registry's `certHash`:
  ///     64 hexadecimal digits in small letters.
  ///   - now: the time by the wall clock.
  ///   - ageMax: how far the token's time may lie from `now`, in either direction.
  /// - Throws: `GatewayTokenRefusal`.
  public func check(
    modelID: ModelID, trusted: Set<String>, at now: UTCTime, ageMax: Duration
  ) throws(GatewayTokenRefusal) {
    guard let messageBytes = try? Base64.decode(message),
      let signatureBytes = try? Base64.decode(signature),
      let keyBytes = try? Base64.decode(publicKey), let key = try? RSAPublicKey(der: keyBytes)
    else {
      throw GatewayTokenRefusal(
        code: .badEncoding, description: "the token's values are not base64, or no RSA key")
    }
    let fingerprint = KeyFingerprint.full(keyBytes)
    guard trusted.contains(fingerprint) else {
      throw GatewayTokenRefusal(
        code: .foreignKey,
        description: "the token is signed with key \(fingerprint), which isn't trusted")
    }
    guard key.isValid(signatureBytes, of: messageBytes) else {
      throw GatewayTokenRefusal(
        code: .badSignature, description: "the signature isn't that of key \(fingerprint)")
    }
    guard let value = try? JSONValue.parse(bytes: messageBytes, depthMax: 4),
      let members = value.objectValue, Set(members.map(\.key)).count == members.count,
      let id = value["model_id"]?.stringValue, let seconds = value["timestamp"]?.intValue,
      (0...253_402_300_799).contains(seconds)
    else {
      throw GatewayTokenRefusal(
        code: .badMessage, description: "the signed message names no model and time")
    }
    guard id == modelID.rawValue else {
      throw GatewayTokenRefusal(
        code: .foreignModel,
        description: "the token is for model \(Excerpt.of(id)), expected \"\(modelID)\"")
    }
    let age = now.since(UTCTime(secondsSinceEpoch: seconds))
    guard age <= ageMax, age >= .zero - ageMax else {
      throw GatewayTokenRefusal(
        code: .stale,
        description: "the token is \(Int(age.inSeconds)) s old, at most \(ageMax.text) are taken;"
          + " compare the clocks")
    }
  }
}
