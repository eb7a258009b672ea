import Glibc

/// What this process has used of the machine.
enum ProcessUsage {
  /// CPU time of all threads, user and system.
  static var cpuTime: Duration {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return duration(usage.ru_utime) + duration(usage.ru_stime)
  }

  /// The resident size, bytes: `VmRSS` of /proc/self/status.
  static var residentBytes: Int { statusBytes("VmRSS:") }

  /// The largest resident size so far, bytes: `VmHWM` of /proc/self/status.
  static var residentPeakBytes: Int { statusBytes("VmHWM:") }

  private static func statusBytes(_ name: String) -> Int {
    guard let file = fopen("/proc/self/status", "re") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix(name) else { continue }
      return (Int(text.filter(\.isWholeNumber)) ?? 0) * 1_024
    }
    return 0
  }

  private static func duration(_ time: timeval) -> Duration {
    .seconds(time.tv_sec) + .microseconds(time.tv_usec)
  }
}
