internal import COpenSSL

/// A memory BIO: what OpenSSL's readers read from and its writers write to.
///
/// Freed in `deinit`, and what was written (perhaps a private key) is wiped with it.
struct MemoryBIO: ~Copyable {
  let raw: OpaquePointer

  /// An empty BIO to write to; nil when there is no memory.
  init?() {
    guard let raw = BIO_new(BIO_s_secmem()) else { return nil }
    self.raw = raw
  }

  /// A BIO that reads `bytes`, which outlive it.
  init?(reading bytes: UnsafeRawBufferPointer) {
    guard bytes.count <= Int(Int32.max),
      let raw = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
    else { return nil }
    self.raw = raw
  }

  deinit { BIO_free(raw) }

  /// A copy of everything that was written.
  var bytes: [UInt8] {
    var start: UnsafeMutablePointer<CChar>?
    let count = updraft_bio_bytes(raw, &start)
    return Array(UnsafeRawBufferPointer(start: start, count: max(0, Int(count))))
  }
}

/// What one of OpenSSL's `i2d` functions writes: called once for the size, once for the bytes.
func derBytes(
  _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) -> [UInt8]? {
  let count = encode(nil)
  guard count > 0 else { return nil }
  var bytes = [UInt8](repeating: 0, count: Int(count))
  let written = bytes.withUnsafeMutableBufferPointer { buffer in
    var end = buffer.baseAddress
    return encode(&end)
  }
  return written == count ? bytes : nil
}
