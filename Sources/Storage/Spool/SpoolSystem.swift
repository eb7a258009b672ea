import Glibc

/// The system calls that can fail halfway, as values, so that tests can make them fail.
///
/// Each returns what the call returned, or the negated `errno`.
struct SpoolSystem: Sendable {
  /// `pwritev`.
  var write: @Sendable (Int32, UnsafePointer<iovec>, Int32, Int) -> Int
  /// `ftruncate`.
  var truncate: @Sendable (Int32, Int) -> Int
  /// `fdatasync` of a segment.
  var syncFile: @Sendable (Int32) -> Int
  /// `fsync` of the folder.
  var syncFolder: @Sendable (Int32) -> Int

  /// The system itself.
  static let real = SpoolSystem(
    write: { descriptor, vectors, count, offset in
      checked(pwritev(descriptor, vectors, count, offset))
    },
    truncate: { descriptor, length in checked(Int(ftruncate(descriptor, length))) },
    syncFile: { descriptor in checked(Int(fdatasync(descriptor))) },
    syncFolder: { descriptor in checked(Int(fsync(descriptor))) })

  private static func checked(_ result: Int) -> Int { result < 0 ? -Int(errno) : result }
}

extension SpoolSystem {
  /// Writes all of `vectors` at `offset`, in as few calls as the system allows.
  ///
  /// A partial write goes on where it stopped, an interrupted one again.
  func writeAll(
    _ vectors: inout [iovec], to descriptor: Int32, at offset: Int, doing: String
  ) throws(SpoolError) {
    var offset = offset
    var first = 0
    while first < vectors.count {
      let batch = min(vectors.count - first, Self.vectorsMax)
      let written = vectors.withUnsafeBufferPointer { all in
        all.baseAddress.map { write(descriptor, $0 + first, Int32(batch), offset) } ?? 0
      }
      if written == -Int(EINTR) { continue }
      // A write of nothing would go on for ever: some systems say so that a quota is full.
      guard written > 0 else {
        throw SpoolError(errorNumber: written == 0 ? ENOSPC : Int32(-written), doing: doing)
      }
      offset += written
      first = Self.advance(&vectors, from: first, by: written)
    }
  }

  /// Takes `count` bytes off the vectors from `first` on.
  ///
  /// - Returns: the first vector that still has bytes.
  private static func advance(_ vectors: inout [iovec], from first: Int, by count: Int) -> Int {
    var rest = count
    var index = first
    while index < vectors.count, rest >= vectors[index].iov_len {
      rest -= vectors[index].iov_len
      index += 1
    }
    if rest > 0 {
      vectors[index].iov_base += rest
      vectors[index].iov_len -= rest
    }
    return index
  }

  /// Linux's `IOV_MAX`.
  static let vectorsMax = 1_024
}
