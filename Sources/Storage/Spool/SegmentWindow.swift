/// A piece of a file in memory, which moves along with what is looked at.
final class SegmentWindow {
  /// How much of the file is in memory at once, bytes.
  static let byteCount = 256 << 10

  private let file: OpenFile
  private let size: Int
  private let stepBytes: Int
  private let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: byteCount, alignment: 16)
  private var start = 0
  private var count = 0

  /// A window on the first `size` bytes of `file`, which reads at least `stepBytes` at once.
  init(_ file: OpenFile, size: Int, stepBytes: Int) {
    self.file = file
    self.size = size
    self.stepBytes = min(stepBytes, Self.byteCount)
  }

  deinit { memory.deallocate() }

  /// Up to `wanted` bytes from `offset`, at most `byteCount`; fewer at the file's end. Valid until
  /// the next call.
  func bytes(at offset: Int, count wanted: Int) throws(SpoolError) -> UnsafeRawBufferPointer {
    let wanted = max(0, min(wanted, Self.byteCount, size - offset))
    if offset < start || offset + wanted > start + count {
      let step = min(max(wanted, stepBytes), size - offset)
      count = 0
      count = try file.read(
        into: UnsafeMutableRawBufferPointer(rebasing: memory[..<step]), at: offset)
      start = offset
    }
    let first = min(offset - start, count)
    return UnsafeRawBufferPointer(rebasing: memory[first..<min(count, first + wanted)])
  }
}
