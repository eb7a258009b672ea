internal import CLibUV

extension uv_buf_t {
  /// libuv's view of `bytes`, which it only reads when the view is written out.
  init(viewing bytes: UnsafeRawBufferPointer) {
    self = uv_buf_init(
      UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
      UInt32(bytes.count))
  }
}
