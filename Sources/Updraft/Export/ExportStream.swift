import Compression
import Glibc

/// What rows go through on their way out: a buffer, and compression when wanted.
struct ExportStream: ~Copyable {
  /// Bytes that gather before they are written: enough for a system call to be cheap.
  private static let bufferBytes = 256 << 10

  /// Bytes of rows, before compression.
  private(set) var rowBytes = 0
  /// Bytes that were written.
  private(set) var writtenBytes = 0
  private let output: ExportOutput
  private var compressor: ZstdCompressor?
  private var buffer: [UInt8] = []

  /// A stream to `output`, compressed at `level`; nil for as it is.
  init(to output: ExportOutput, level: Int?) throws(CompressionError) {
    self.output = output
    if let level { compressor = try ZstdCompressor(level: level) } else { compressor = nil }
    buffer.reserveCapacity(Self.bufferBytes)
  }

  /// Takes one row.
  mutating func put(_ row: UnsafeRawBufferPointer) throws {
    rowBytes += row.count
    if buffer.count + row.count > Self.bufferBytes { try flush() }
    // A large row goes as it is.
    if row.count >= Self.bufferBytes { try pass(row) } else { buffer.append(contentsOf: row) }
  }

  /// Writes what is left, and the end of the frame.
  mutating func finish() throws {
    try flush()
    let output = output
    var count = 0
    try compressor?.finish { bytes in
      try output.put(bytes)
      count += bytes.count
    }
    writtenBytes += count
  }

  private mutating func flush() throws {
    let full = buffer
    buffer.removeAll(keepingCapacity: true)
    try full.withUnsafeBytes { try pass($0) }
  }

  private mutating func pass(_ bytes: UnsafeRawBufferPointer) throws {
    guard compressor != nil else {
      try output.put(bytes)
      writtenBytes += bytes.count
      return
    }
    let output = output
    var count = 0
    try compressor?.put(bytes) { bytes in
      try output.put(bytes)
      count += bytes.count
    }
    writtenBytes += count
  }
}
