import Foundation

/// What `/proc` says of other processes; nothing of one that has ended.
enum ProcessTable {
  /// The processes that one has started and that still run.
  static func children(of processID: Int32) -> [Int32] {
    let tasks = "/proc/\(processID)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.flatMap { thread in
      text("\(tasks)/\(thread)/children").split(separator: " ").compactMap { Int32($0) }
    }
  }

  /// The program and its arguments, separated by blanks.
  static func commandLine(of processID: Int32) -> String {
    file("cmdline", of: processID).replacing("\0", with: " ")
  }

  /// A file of a process's folder.
  static func file(_ name: String, of processID: Int32) -> String {
    text("/proc/\(processID)/\(name)")
  }

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
