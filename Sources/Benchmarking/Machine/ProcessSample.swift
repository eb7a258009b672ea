internal import Glibc

/// What a process has used so far.
public struct ProcessSample: Hashable, Sendable {
  /// CPU time of all its threads, user and system, seconds.
  public let cpuSeconds: Double
  /// Memory that is resident now, bytes.
  public let residentBytes: Int
  /// The most that was ever resident, bytes.
  public let residentPeakBytes: Int

  /// Looks at a process; nil when it has ended.
  public init?(processID: Int32) {
    self.init(
      stat: ProcText.read("/proc/\(processID)/stat"),
      status: ProcText.read("/proc/\(processID)/status"),
      ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
  }

  /// Reads the texts of /proc/PID (proc(5)); nil for a process that is gone or a zombie.
  init?(stat: String, status: String, ticksPerSecond: Double) {
    // The second field is the name in parentheses, which may hold anything.
    guard let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]),
      let resident = Self.kilobytes("VmRSS:", status), let peak = Self.kilobytes("VmHWM:", status)
    else { return nil }
    cpuSeconds = (user + system) / ticksPerSecond
    residentBytes = resident * 1_024
    residentPeakBytes = peak * 1_024
  }

  private static func kilobytes(_ name: String, _ status: String) -> Int? {
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { Int($0.filter(\.isWholeNumber)) }
  }
}
