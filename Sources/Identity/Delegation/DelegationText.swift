public import Competition
public import Cryptography
import JSON

/// What a delegation's message says.
public struct DelegationText: Hashable, Sendable {
  /// The DER SubjectPublicKeyInfo of the TLS key (`cert_pub`).
  public var certificateKey: [UInt8]
  /// The hotkey.
  public var hotkey: String?
  /// The model; nil in the coordinator's own message.
  public var modelID: String?
  /// When it ends (`expires_at`); nil when it doesn't.
  public var expiresAt: UTCTime?

  /// Creates a text.
  public init(
    certificateKey: [UInt8], hotkey: String?, modelID: String? = nil, expiresAt: UTCTime? = nil
  ) {
    self.certificateKey = certificateKey
    self.hotkey = hotkey
    self.modelID = modelID
    self.expiresAt = expiresAt
  }

  /// The last second that `expires_at` may name: the end of the year 9999.
  private static let secondsMax: Int64 = 253_402_300_799

  /// Reads the JSON of a message. Fields that aren't known are let be; one that is there twice, or
  /// of another type, is not.
  ///
  /// - Throws: `DelegationTextError`, worded to follow "the signed message".
  public init(_ message: [UInt8]) throws(DelegationTextError) {
    guard message.count <= SignedMessage.bytesMax else {
      throw DelegationTextError("has \(message.count) bytes, at most \(SignedMessage.bytesMax)")
    }
    let value: JSONValue
    do { value = try JSONValue.parse(bytes: message, depthMax: 8) } catch {
      throw DelegationTextError("is no JSON: \(error.flaw.text)")
    }
    guard let members = value.objectValue else {
      throw DelegationTextError("is no JSON object")
    }
    let fields = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    guard fields.count == members.count else { throw DelegationTextError("has a key twice") }
    let text = { (name: String) throws(DelegationTextError) -> String? in
      guard let value = fields[name], !value.isNull else { return nil }
      guard let text = value.stringValue else {
        throw DelegationTextError("has a \(name) that is no text")
      }
      return text
    }
    guard let key = try text("cert_pub"), !key.isEmpty else {
      throw DelegationTextError("has no cert_pub")
    }
    guard let bytes = SignedMessage.base64Bytes(key) else {
      throw DelegationTextError("has a cert_pub that is no base64 text")
    }
    certificateKey = bytes
    hotkey = try text("hotkey")
    modelID = try text("model_id")
    expiresAt = try Self.time(fields["expires_at"])
  }

  /// The message as crunch-certificate writes it, byte for byte; `expires_at` comes last.
  ///
  /// - Throws: `CryptoError` when the key is too long for a text.
  public func message() throws(CryptoError) -> [UInt8] {
    var parts = [("cert_pub", PythonText.quoted(try Base64.encode(certificateKey)))]
    if let hotkey { parts.append(("hotkey", PythonText.quoted(hotkey))) }
    if let modelID { parts.append(("model_id", PythonText.quoted(modelID))) }
    if let expiresAt { parts.append(("expires_at", String(expiresAt.secondsSinceEpoch))) }
    let text = parts.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ")
    return Array("{\(text)}".utf8)
  }

  private static func time(_ value: JSONValue?) throws(DelegationTextError) -> UTCTime? {
    guard let value, !value.isNull else { return nil }
    guard let seconds = value.intValue, (0...secondsMax).contains(seconds) else {
      throw DelegationTextError("has an expires_at that is no whole number of Unix seconds")
    }
    return UTCTime(secondsSinceEpoch: seconds)
  }
}

/// Why a message is no delegation; worded to follow "the signed message".
public struct DelegationTextError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The cause.
  public let description: String

  init(_ description: String) { self.description = description }
}
