/// Bytes to be written in one system call: small pieces copied into a scratch area, large ones
/// referenced where they are.
///
/// A protocol engine fills it, a stream writes it and clears it before the next engine's turn, so
/// one of them serves a whole loop. Not `Sendable`.
public final class GatherBuffer {
  /// One contiguous run of bytes.
  public struct Segment {
    /// The bytes; valid until the buffer is cleared.
    public var bytes: UnsafeRawBufferPointer
    /// The block that holds the bytes; nil when they lie in the scratch area.
    public let owner: SharedBytes?

    /// Creates a run; without an owner its bytes must outlive the segment by other means.
    public init(bytes: UnsafeRawBufferPointer, owner: SharedBytes?) {
      self.bytes = bytes
      self.owner = owner
    }
  }

  /// Scratch bytes. 16 KiB hold the frame headers of every segment and a full control frame.
  public static let scratchBytes = 16 << 10
  /// Segments of one write. 256 × 16 KiB frames = 2 MiB at once, well under the kernel's 1,024.
  public static let segmentsMax = 256

  /// The runs in the order in which they must be written.
  public private(set) var segments: [Segment] = []
  /// The sum of all segments, in bytes.
  public private(set) var byteCount = 0
  private let scratch = UnsafeMutableRawPointer.allocate(
    byteCount: GatherBuffer.scratchBytes, alignment: 16)
  private var scratchUsed = 0
  /// The bytes at which engines stop filling, to be set after `clear()`, which lifts it: a writer
  /// that has to copy takes less at once. What is being appended then may pass it.
  public var byteCountMax = Int.max

  /// Creates an empty buffer.
  public init() { segments.reserveCapacity(GatherBuffer.segmentsMax) }

  deinit { scratch.deallocate() }

  /// Whether there is nothing to write.
  public var isEmpty: Bool { segments.isEmpty }

  /// Whether `copied` bytes and, beside them, one reference may still be appended.
  public func hasRoom(copied: Int) -> Bool {
    scratchUsed + copied <= GatherBuffer.scratchBytes
      && segments.count + 2 <= GatherBuffer.segmentsMax && byteCount < byteCountMax
  }

  /// Appends a copy of `bytes`; false (and nothing appended) when they don't fit.
  public func append(copying bytes: UnsafeRawBufferPointer) -> Bool {
    guard hasRoom(copied: bytes.count) else { return false }
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return true }
    let place = scratch + scratchUsed
    place.copyMemory(from: source, byteCount: bytes.count)
    scratchUsed += bytes.count
    byteCount += bytes.count
    extend(with: UnsafeRawBufferPointer(start: place, count: bytes.count))
    return true
  }

  /// Appends a reference to bytes inside `owner`, which stays alive until the buffer is cleared.
  public func append(referencing bytes: UnsafeRawBufferPointer, in owner: SharedBytes) {
    guard !bytes.isEmpty else { return }
    segments.append(Segment(bytes: bytes, owner: owner))
    byteCount += bytes.count
  }

  /// Forgets everything, keeping the memory.
  public func clear() {
    segments.removeAll(keepingCapacity: true)
    byteCount = 0
    byteCountMax = .max
    scratchUsed = 0
  }

  /// Joins neighbouring scratch pieces, so that a burst of small frames is one segment.
  private func extend(with piece: UnsafeRawBufferPointer) {
    if let last = segments.last, last.owner == nil, let start = last.bytes.baseAddress,
      start + last.bytes.count == piece.baseAddress
    {
      segments[segments.count - 1].bytes = UnsafeRawBufferPointer(
        start: start, count: last.bytes.count + piece.count)
    } else {
      segments.append(Segment(bytes: piece, owner: nil))
    }
  }
}
