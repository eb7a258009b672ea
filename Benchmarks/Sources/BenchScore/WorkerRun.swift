import BenchSupport
import Foundation

/// What one run of score-worker took.
struct WorkerRun {
  /// From its start to its end, seconds.
  let wallSeconds: Double
  /// CPU time of the worker, user and system, seconds.
  let cpuSeconds: Double
  /// The most memory that it had in RAM, bytes.
  let peakBytes: Int

  /// Runs `score-worker --once` to its end, on one core.
  ///
  /// - Parameters:
  ///   - worker: its path.
  ///   - configuration: the path of its game.yml.
  ///   - core: which core.
  /// - Throws: `BenchError` when it can't be started or fails.
  init(_ worker: String, configuration: String, core: Int) throws {
    let words = [
      "taskset", "-c", "\(core)", worker, "--config", configuration, "--once", "--log-level",
      "warning",
    ]
    var arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    let start = Date()
    var id: pid_t = 0
    guard posix_spawnp(&id, "taskset", nil, nil, &arguments, environ) == 0 else {
      throw BenchError("taskset can't be started: install util-linux")
    }
    var status: Int32 = 0
    var usage = rusage()
    var peak = 0
    // The program's own high-water mark, as long as there is one; `ru_maxrss` would count what this
    // process had before it became taskset and then the worker.
    while wait4(id, &status, WNOHANG, &usage) == 0 {
      peak = max(peak, Self.peakBytes(of: id) ?? 0)
      usleep(10_000)
    }
    wallSeconds = Date().timeIntervalSince(start)
    guard status == 0 else { throw BenchError("score-worker failed; see above") }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    peakBytes = peak
  }

  private static func peakBytes(of id: pid_t) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
}
