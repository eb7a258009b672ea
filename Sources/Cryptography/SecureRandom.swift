internal import COpenSSL

/// Random bytes that nobody can predict, from OpenSSL's generator (seeded by the kernel).
public enum SecureRandom {
  /// Fills `buffer` with random bytes.
  ///
  /// - Throws: `CryptoError` when the generator cannot be seeded; nothing may then be sent that
  ///   relies on it.
  public static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
    var filledCount = 0
    while filledCount < buffer.count {
      let part = min(buffer.count - filledCount, Int(Int32.max))
      let start = buffer.baseAddress.map { ($0 + filledCount).assumingMemoryBound(to: UInt8.self) }
      guard RAND_bytes(start, Int32(part)) == 1 else {
        throw .library(
          "drawing \(buffer.count) random bytes",
          "OpenSSL's generator failed; check that /dev/urandom or getrandom(2) can be used")
      }
      filledCount += part
    }
  }

  /// `count` fresh random bytes.
  ///
  /// - Throws: `CryptoError` when the generator cannot be seeded.
  public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { raw in
      Result { () throws(CryptoError) in try fill(raw) }
    }.get()
    return bytes
  }
}
