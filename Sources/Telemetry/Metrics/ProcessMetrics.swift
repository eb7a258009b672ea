public import Competition
import Glibc

/// What this process uses of the machine, from the kernel.
///
/// The names begin with `updraft_process_` unless told else, not `process_`: a node's exporter that
/// reads the file has families of that name itself.
public enum ProcessMetrics {

  /// CPU time, memory, descriptors and start time; what the kernel doesn't tell is left out.
  public static func families(
    startedAt: UTCTime, prefix: String = "updraft_process_"
  ) -> [MetricFamily] {
    var families = [
      MetricFamily(
        .counter, prefix + "cpu_seconds_total", "CPU time of all threads, user and system.",
        value: cpuSeconds),
      MetricFamily(
        .gauge, prefix + "start_time_seconds", "When the program started, Unix time.",
        value: Double(startedAt.microsecondsSinceEpoch) / 1e6),
    ]
    if let bytes = residentBytes {
      families.append(
        MetricFamily(
          .gauge, prefix + "resident_memory_bytes", "Memory in RAM now.", value: bytes))
    }
    if let count = openDescriptorCount {
      families.append(
        MetricFamily(.gauge, prefix + "open_fds", "Open file descriptors.", value: count))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      families.append(
        MetricFamily(
          .gauge, prefix + "max_fds", "File descriptors that may be open.", value: limit.rlim_cur))
    }
    return families
  }

  private static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  /// The second number of /proc/self/statm, in pages.
  private static var residentBytes: Int? {
    guard let file = fopen("/proc/self/statm", "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    let bytes = line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard numbers.count > 1, let pages = Int(numbers[1]) else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  /// The entries of /proc/self/fd without the one that looking takes.
  private static var openDescriptorCount: Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
      if entry.pointee.d_name.0 != UInt8(ascii: ".") { count += 1 }
    }
    return max(0, count - 1)
  }
}
