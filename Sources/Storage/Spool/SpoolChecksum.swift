import CXXHash

/// XXH3, 64 bit, of bytes that come in pieces.
///
/// Life: the C state is made in `init` and freed in `deinit`.
final class SpoolChecksum {
  private let state: OpaquePointer?

  init() {
    state = XXH3_createState()
    reset()
  }

  deinit { XXH3_freeState(state) }

  /// Starts over.
  func reset() { XXH3_64bits_reset(state) }

  /// Takes the next piece.
  func update(_ bytes: UnsafeRawBufferPointer) {
    // An empty piece may have no address, which the library takes for a fault.
    if let start = bytes.baseAddress { XXH3_64bits_update(state, start, bytes.count) }
  }

  /// The checksum of all pieces since the last `reset`.
  var value: UInt64 { XXH3_64bits_digest(state) }

  /// The checksum of bytes that lie together.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH3_64bits(bytes.baseAddress, bytes.count)
  }
}
