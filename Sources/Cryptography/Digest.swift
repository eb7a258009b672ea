internal import COpenSSL

/// A message digest by OpenSSL.
public enum Digest: Sendable, Hashable, CaseIterable {
  /// SHA-1, 20 bytes: for the WebSocket handshake only, never as protection.
  case sha1
  /// SHA-256, 32 bytes.
  case sha256

  /// The length of the digest in bytes.
  public var byteCount: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    }
  }

  private var name: String {
    switch self {
    case .sha1: "SHA-1"
    case .sha256: "SHA-256"
    }
  }

  /// The digest of `bytes`. Shape: [byteCount].
  ///
  /// - Throws: `CryptoError` when OpenSSL does not offer the digest (a restricted provider
  ///   configuration) or is out of memory.
  public func of(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) -> [UInt8] {
    let method =
      switch self {
      case .sha1: EVP_sha1()
      case .sha256: EVP_sha256()
      }
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, method, nil) == 1,
      Int(length) == byteCount
    else {
      throw .library(
        "computing a \(name) digest",
        "OpenSSL refused; check that its provider configuration allows \(name)")
    }
    digest.removeLast(digest.count - Int(length))
    return digest
  }

  /// The digest of `bytes`. Shape: [byteCount].
  ///
  /// - Throws: `CryptoError` as `of(_:)` for raw bytes does.
  public func of(_ bytes: some Sequence<UInt8>) throws(CryptoError) -> [UInt8] {
    let array = Array(bytes)
    return try array.withUnsafeBytes { raw in
      Result { () throws(CryptoError) in try of(raw) }
    }.get()
  }
}
