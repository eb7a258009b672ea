internal import COpenSSL

/// An RSA public key: it checks what the private half signed.
///
/// Freed in `deinit`. OpenSSL only reads a key that is complete, so threads may share one.
public final class RSAPublicKey: Sendable, CustomStringConvertible {
  private nonisolated(unsafe) let raw: OpaquePointer
  /// The DER SubjectPublicKeyInfo (RFC 5280, 4.1).
  public let der: [UInt8]
  /// The modulus, bits.
  public var bitCount: Int { Int(EVP_PKEY_get_bits(raw)) }

  /// The longest encoding that is read, bytes; 8192 bits take 1,062.
  public static let derBytesMax = 4_096

  /// Reads a DER SubjectPublicKeyInfo; nothing may follow it.
  ///
  /// - Throws: `CryptoError` when it is damaged or no RSA key of 2048 to 8192 bits.
  public init(der: [UInt8]) throws(CryptoError) {
    let doing = "reading a public key"
    guard der.count <= Self.derBytesMax else {
      throw .unsuitable(doing, "\(der.count) bytes are more than \(Self.derBytesMax)")
    }
    let key = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var start = buffer.baseAddress
      guard let key = d2i_PUBKEY(nil, &start, der.count) else { return nil }
      if start == buffer.baseAddress.map({ $0 + der.count }) { return key }
      EVP_PKEY_free(key)
      return nil
    }
    guard let key else { throw .library(doing, "it is no DER SubjectPublicKeyInfo") }
    raw = key
    self.der = der
    guard EVP_PKEY_is_a(key, "RSA") == 1 else {
      throw .unsuitable(doing, "only RSA keys can be used here")
    }
    let bits = Int(EVP_PKEY_get_bits(key))
    guard (RSAPrivateKey.bitsMin...RSAPrivateKey.bitsMax).contains(bits) else {
      throw .unsuitable(doing, "it has \(bits) bits; \(RSAPrivateKey.bitsMin) are the least")
    }
  }

  deinit { EVP_PKEY_free(raw) }

  /// Whether `signature` is the private half's PKCS#1 v1.5 SHA-256 signature of `message`.
  public func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard let context = EVP_MD_CTX_new() else { return false }
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, raw) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  /// `RSA public key, 2048 bits`.
  public var description: String { "RSA public key, \(bitCount) bits" }
}
