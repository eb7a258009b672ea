internal import CMalloc

/// What the C library's heap does with memory that the program gives back to it.
public enum HeapPolicy {
  /// What a heap takes from the system at once, bytes: the whole of one of glibc's heaps, which
  /// also means that none of them is given back.
  static let stepBytes: Int32 = 64 << 20
  /// What may be free at the end of the main heap before it is given back, bytes.
  static let freeBytesMax: Int32 = 512 << 20
  /// Blocks of this size on are mapped one by one, bytes: the highest bound that glibc itself would
  /// reach, and larger than any answer of the default limits.
  static let mappedBlockBytes: Int32 = 32 << 20

  /// Keeps what a round's answers took for the next round's; called once, at the program's start.
  ///
  /// By default glibc gives the 55 MB of 1000 answers back to the system when they are stored, and
  /// the thread that reads the next round's answers takes them anew, page by page: 13,000 page
  /// faults. The process stays as large as its largest round has made it either way, but for the
  /// time between rounds.
  ///
  /// - Returns: Whether the C library took every value; the program works without.
  @discardableResult
  public static func keepFreedMemory() -> Bool {
    mallopt(M_MMAP_THRESHOLD, mappedBlockBytes) == 1 && mallopt(M_TOP_PAD, stepBytes) == 1
      && mallopt(M_TRIM_THRESHOLD, freeBytesMax) == 1
  }
}
