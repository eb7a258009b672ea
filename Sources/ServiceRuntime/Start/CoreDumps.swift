import Glibc

/// Images of this process's memory that the system writes when it crashes.
public enum CoreDumps {
  /// No image is written from now on, neither of this process nor of those that it starts: keys
  /// would be in it.
  ///
  /// The limit is 1 byte, not 0: the kernel writes no file below a page for either, but only a
  /// limit of 1 also keeps it from piping the image into a program of `core_pattern`.
  ///
  /// - Returns: Whether the system agreed; it always lets a process lower its limits.
  @discardableResult
  public static func forbid() -> Bool {
    var none = rlimit(rlim_cur: 1, rlim_max: 1)
    var present = rlimit()
    // A hard limit of 0 can't be raised to 1, and says the same for files.
    if getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &present) == 0, present.rlim_max == 0 {
      return true
    }
    return setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
  }
}
