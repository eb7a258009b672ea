internal import CMalloc

/// What the C library does with memory that a program has freed.
///
/// By its defaults it gives a round's answers back to the kernel as soon as they are stored, and
/// has the next round's pages zeroed and mapped one by one: for 1000 answers of 55 KB that is as
/// much CPU time as receiving them.
public enum FreedMemory {
  /// What is kept at most, bytes: more than the answers of 5,000 models × 55 KB.
  public static let keptBytesMax = 512 << 20
  /// From this size on a block is mapped by itself, and goes back when it is freed, bytes: above
  /// the largest usual answer (`limits.reply_bytes_max` is 4 MiB).
  public static let mappedBytesMin = 8 << 20

  /// Has freed memory kept for the next round, up to `keptBytesMax`. To be called by a program that
  /// calls models, before it makes threads.
  ///
  /// All threads share one arena: a block is freed by another thread than the one that made it, and
  /// arenas of threads are too small to be kept.
  ///
  /// - Returns: Whether the C library agreed to all of it; if not, only speed is lost.
  @discardableResult
  public static func keep() -> Bool {
    let settings = [
      (M_ARENA_MAX, 1), (M_TRIM_THRESHOLD, keptBytesMax), (M_MMAP_THRESHOLD, mappedBytesMin),
    ]
    return settings.allSatisfy { mallopt($0, Int32($1)) == 1 }
  }
}
