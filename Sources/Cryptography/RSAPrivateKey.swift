internal import COpenSSL

/// An RSA private key in memory. Nothing that describes it shows more than its size.
///
/// Freed in `deinit`. OpenSSL only reads a key that is complete, so threads may share one.
public final class RSAPrivateKey: Sendable {
  /// The smallest key that is taken, in bits.
  public static let bitsMin = 2_048
  /// The largest key that is taken, in bits; a signature of 8192 bits costs 20 ms.
  public static let bitsMax = 8_192

  nonisolated(unsafe) let raw: OpaquePointer
  /// The modulus, bits.
  public let bitCount: Int

  private init(adopting raw: OpaquePointer, _ doing: String) throws(CryptoError) {
    self.raw = raw
    bitCount = Int(EVP_PKEY_get_bits(raw))
    let name = EVP_PKEY_get0_type_name(raw).map { String(cString: $0) } ?? "unknown"
    guard EVP_PKEY_is_a(raw, "RSA") == 1 else {
      throw .unsuitable(doing, "only RSA keys can be used here, this one is \(name)")
    }
    guard (Self.bitsMin...Self.bitsMax).contains(bitCount) else {
      throw .unsuitable(
        doing, "it has \(bitCount) bits; \(Self.bitsMin) to \(Self.bitsMax) can be used")
    }
  }

  deinit { EVP_PKEY_free(raw) }

  /// Makes a new key, which takes a tenth of a second or more.
  ///
  /// - Parameter bits: The size of the modulus, 2048 to 8192.
  /// - Returns: The key.
  /// - Throws: `CryptoError` for a size out of bounds, or when OpenSSL has no randomness.
  public static func generate(bits: Int = 2_048) throws(CryptoError) -> RSAPrivateKey {
    let doing = "making an RSA key"
    guard (bitsMin...bitsMax).contains(bits) else {
      throw .unsuitable(doing, "\(bits) bits were asked for; \(bitsMin) to \(bitsMax) can be used")
    }
    guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else {
      throw .library(doing, "OpenSSL offers no RSA; check its provider configuration")
    }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
      EVP_PKEY_generate(context, &key) == 1, let key
    else { throw .library(doing, "OpenSSL could not make one") }
    return try RSAPrivateKey(adopting: key, doing)
  }

  /// Reads a key from PEM text (`PRIVATE KEY` or `RSA PRIVATE KEY`).
  ///
  /// - Throws: `CryptoError` when it is not PEM, is encrypted, is no RSA key, or is too small.
  public convenience init(pem: [UInt8]) throws(CryptoError) {
    let doing = "reading a private key"
    guard !pem.contains("ENCRYPTED".utf8) else {
      throw .unsuitable(
        doing,
        "it is encrypted, and nobody is here to type a passphrase; decrypt it with"
          + " `openssl pkey -in KEY -out NEW` and keep NEW readable by this user only")
    }
    guard pem.contains("PRIVATE KEY-----".utf8) else {
      throw .unsuitable(doing, "it holds no PEM block with a PRIVATE KEY")
    }
    let key = pem.withUnsafeBytes { bytes -> OpaquePointer? in
      guard let input = MemoryBIO(reading: bytes) else { return nil }
      return PEM_read_bio_PrivateKey(input.raw, nil, refuseToAskForAPassphrase, nil)
    }
    guard let key else { throw .library(doing, "its PEM block is damaged") }
    try self.init(adopting: key, doing)
  }

  /// The PEM text (PKCS#8, not encrypted): a secret, for a file that only its owner can read.
  ///
  /// - Throws: `CryptoError` when OpenSSL has no memory.
  public func secretPEM() throws(CryptoError) -> [UInt8] {
    guard let output = MemoryBIO(),
      PEM_write_bio_PKCS8PrivateKey(output.raw, raw, nil, nil, 0, nil, nil) == 1
    else { throw .library("writing a private key", "OpenSSL could not encode it") }
    return output.bytes
  }

  /// The public half.
  ///
  /// - Throws: `CryptoError` when OpenSSL has no memory.
  public func publicKey() throws(CryptoError) -> RSAPublicKey {
    guard let der = derBytes({ i2d_PUBKEY(raw, $0) }) else {
      throw .library("writing a public key", "OpenSSL could not encode it")
    }
    return try RSAPublicKey(der: der)
  }

  /// Signs with PKCS#1 v1.5 and SHA-256 (RFC 8017, RSASSA-PKCS1-v1_5): the same bytes always give
  /// the same signature. 0.3 to 0.4 ms for 2048 bits.
  ///
  /// - Returns: Shape: [bitCount / 8].
  /// - Throws: `CryptoError` when OpenSSL refuses.
  public func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
    let doing = "signing with RSA"
    guard let context = EVP_MD_CTX_new() else { throw .library(doing, "OpenSSL has no memory") }
    defer { EVP_MD_CTX_free(context) }
    var count = Int(EVP_PKEY_get_size(raw))
    var signature = [UInt8](repeating: 0, count: count)
    // PKCS#1 v1.5 is the padding that OpenSSL gives RSA when nothing else is asked for.
    guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, raw) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    else { throw .library(doing, "OpenSSL refused the key") }
    signature.removeLast(signature.count - count)
    return signature
  }
}

extension RSAPrivateKey: CustomStringConvertible, CustomReflectable {
  /// `RSA private key, 2048 bits`.
  public var description: String { "RSA private key, \(bitCount) bits" }

  /// Nothing but the size, so that a dump shows no secret.
  public var customMirror: Mirror { Mirror(self, children: ["bitCount": bitCount]) }
}

/// Answers OpenSSL's question for a passphrase with none, so that it never asks a terminal.
private func refuseToAskForAPassphrase(
  _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _ isWriting: Int32,
  _ context: UnsafeMutableRawPointer?
) -> Int32 { -1 }
