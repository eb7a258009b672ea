internal import CZstd

/// Expands zstd frames, one after another, in constant memory; checks their checksums.
///
/// The library's state is freed with the value.
public struct ZstdExpander: ~Copyable {
  private let stream: OpaquePointer
  private var output: [UInt8]
  /// What the library said last: 0 at the end of a frame.
  private var wanted = 0

  /// A stream of its own.
  ///
  /// - Throws: `CompressionError` of code `outOfMemory`.
  public init() throws(CompressionError) {
    guard let stream = ZSTD_createDCtx() else {
      throw CompressionError(code: .outOfMemory, zstdCode: 0, detail: "no memory for a stream")
    }
    self.stream = stream
    output = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
  }

  deinit { ZSTD_freeDCtx(stream) }

  /// Expands `bytes`; what comes out goes to `body`.
  public mutating func put(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let stream = stream
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    // A full output may mean that the library holds more, also when all input is taken.
    var isFull = false
    while input.pos < input.size || isFull {
      (wanted, isFull) = try output.withUnsafeMutableBytes { space in
        var out = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
        let result = ZSTD_decompressStream(stream, &out, &input)
        try CompressionError.check(result, .damaged)
        if out.pos > 0 { try body(UnsafeRawBufferPointer(rebasing: space[..<out.pos])) }
        return (result, out.pos == out.size)
      }
    }
  }

  /// Checks that the bytes ended with a frame.
  ///
  /// - Throws: `CompressionError` of code `truncated`.
  public func finish() throws(CompressionError) {
    guard wanted > 0 else { return }
    throw CompressionError(
      code: .truncated, zstdCode: 0,
      detail: "the bytes end in the middle of a frame; get the whole file")
  }
}
