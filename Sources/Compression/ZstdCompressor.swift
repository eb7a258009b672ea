internal import CZstd

/// Compresses a stream of bytes into one zstd frame with a checksum (RFC 8878), in constant memory.
///
/// The library's state is freed with the value.
public struct ZstdCompressor: ~Copyable {
  /// The levels from fast to small. Higher ones of the library need much memory to expand again.
  public static let levels = 1...19
  /// The library's own default.
  public static let levelDefault = 3

  private let stream: OpaquePointer
  private var output: [UInt8]

  /// A stream of its own.
  ///
  /// - Throws: `CompressionError` of code `badSetting` for a level outside of `levels`,
  ///   `outOfMemory`.
  public init(level: Int = ZstdCompressor.levelDefault) throws(CompressionError) {
    stream = try Self.makeStream(level: level)
    output = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
  }

  private static func makeStream(level: Int) throws(CompressionError) -> OpaquePointer {
    guard levels.contains(level) else {
      throw CompressionError(
        code: .badSetting, zstdCode: 0,
        detail: "the level must be \(levels.lowerBound)…\(levels.upperBound), got \(level)")
    }
    guard let stream = ZSTD_createCCtx() else {
      throw CompressionError(code: .outOfMemory, zstdCode: 0, detail: "no memory for a stream")
    }
    do throws(CompressionError) {
      let settings = [(ZSTD_c_compressionLevel, Int32(level)), (ZSTD_c_checksumFlag, 1)]
      for (parameter, value) in settings {
        try CompressionError.check(ZSTD_CCtx_setParameter(stream, parameter, value), .badSetting)
      }
    } catch {
      ZSTD_freeCCtx(stream)
      throw error
    }
    return stream
  }

  deinit { ZSTD_freeCCtx(stream) }

  /// Compresses `bytes`; what comes out, sooner or later, goes to `body`.
  public mutating func put(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while input.pos < input.size {
      _ = try turn(&input, ZSTD_e_continue, body)
    }
  }

  /// Ends the frame; what is left goes to `body`. The next `put` begins another frame.
  public mutating func finish(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    while try turn(&input, ZSTD_e_end, body) > 0 {}
  }

  /// One call of the library; returns the bytes that it still holds.
  private mutating func turn(
    _ input: inout ZSTD_inBuffer, _ mode: ZSTD_EndDirective,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    let stream = stream
    return try output.withUnsafeMutableBytes { space in
      var out = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
      let left = ZSTD_compressStream2(stream, &out, &input, mode)
      try CompressionError.check(left, .damaged)
      if out.pos > 0 { try body(UnsafeRawBufferPointer(rebasing: space[..<out.pos])) }
      return left
    }
  }
}
