/// A fixed block of memory that is filled once by its one writer and then shared read-only.
///
/// An answer is received into one, sliced by `ByteView`s and handed to storage without a copy.
/// The writer must have its last write behind it before another thread sees the block; that order
/// is what makes the unchecked conformance sound.
public final class SharedBytes: @unchecked Sendable {
  /// The bytes that the block can hold.
  public let capacity: Int
  /// The bytes written so far, from the start.
  public private(set) var count = 0
  private let memory: UnsafeMutableRawPointer

  /// Allocates `capacity` bytes, uninitialised.
  public init(capacity: Int) {
    self.capacity = capacity
    memory = .allocate(byteCount: max(1, capacity), alignment: 16)
  }

  /// Allocates a block that holds a copy of `bytes`.
  public convenience init(copying bytes: UnsafeRawBufferPointer) {
    self.init(capacity: bytes.count)
    append(bytes)
  }

  deinit { memory.deallocate() }

  /// The bytes that can still be appended.
  public var free: Int { capacity - count }

  /// Appends as much of `bytes` as fits and returns how many were taken. Writer only.
  @discardableResult
  public func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    let taken = min(bytes.count, free)
    if taken > 0, let source = bytes.baseAddress {
      (memory + count).copyMemory(from: source, byteCount: taken)
      count += taken
    }
    return taken
  }

  /// Has `body` write where the next bytes belong; it returns how many it has written, at most all
  /// that are free. Writer only.
  public func fill<Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) {
    let written = try body(UnsafeMutableRawBufferPointer(start: memory + count, count: free))
    precondition(written >= 0 && written <= free)
    count += written
  }

  /// The written bytes; valid as long as the block is referenced.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }
}
