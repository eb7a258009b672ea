internal import Glibc
public import JSON

/// What a figure was measured on; figures of different machines say nothing about each other.
public struct Machine: Hashable, Sendable {
  /// CPU cores of the machine.
  public var cores: Int
  /// The CPU's name, as /proc/cpuinfo has it.
  public var processor: String
  /// Memory of the machine, bytes.
  public var memoryBytes: Int
  /// The kernel's release.
  public var kernel: String
  /// Runnable tasks, averaged over the last minute, when the benchmark began.
  public var load: Double

  /// Creates a description.
  public init(cores: Int, processor: String, memoryBytes: Int, kernel: String, load: Double) {
    self.cores = cores
    self.processor = processor
    self.memoryBytes = memoryBytes
    self.kernel = kernel
    self.load = load
  }

  /// Reads the texts of /proc.
  init(cpuinfo: String, meminfo: String, loadavg: String, kernel: String, cores: Int) {
    let model = cpuinfo.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = model?.split(separator: ":", maxSplits: 1).last.map(String.init) ?? "unknown"
    let total = meminfo.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
    self.init(
      cores: cores, processor: String(name.drop { $0 == " " }),
      memoryBytes: (total.flatMap { Int($0.filter(\.isWholeNumber)) } ?? 0) * 1_024,
      kernel: String(kernel.split(separator: "\n").first ?? "unknown"),
      load: loadavg.split(separator: " ").first.flatMap { Double($0) } ?? 0)
  }

  /// This machine, now.
  public static var current: Machine {
    Machine(
      cpuinfo: ProcText.read("/proc/cpuinfo"), meminfo: ProcText.read("/proc/meminfo"),
      loadavg: ProcText.read("/proc/loadavg"), kernel: ProcText.read("/proc/sys/kernel/osrelease"),
      cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// `2 cores (Intel …), 23.4 GiB, Linux 6.1, load 0.3`.
  public var text: String {
    let gib = (Double(memoryBytes) / 1_073_741_824 * 10).rounded() / 10
    return "\(cores) cores (\(processor)), \(gib) GiB, Linux \(kernel), load \(load)"
  }

  /// As the report's first line has it.
  public var json: JSONValue {
    [
      "cores": .int(Int64(cores)), "processor": .string(processor),
      "memory_bytes": .int(Int64(memoryBytes)), "kernel": .string(kernel), "load": .double(load),
    ]
  }

  /// Reads what `json` wrote; nil when something is missing.
  init?(_ json: JSONValue) {
    guard let cores = json["cores"]?.intValue, let processor = json["processor"]?.stringValue,
      let memory = json["memory_bytes"]?.intValue, let kernel = json["kernel"]?.stringValue,
      let load = json["load"]?.doubleValue
    else { return nil }
    self.init(
      cores: Int(cores), processor: processor, memoryBytes: Int(memory), kernel: kernel, load: load)
  }
}
