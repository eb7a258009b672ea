import Foundation

/// A Python process that answers each line on its standard input with one on its standard output.
public final class LinePeer {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var unread = ""

  /// Starts a script of `Benchmarks/Python`.
  ///
  /// - Parameters:
  ///   - python: the interpreter.
  ///   - script: the file's name.
  ///   - arguments: for the script.
  ///   - environment: in addition to this process's own.
  /// - Throws: what starting a process throws.
  public init(
    _ python: String, script: String, arguments: [String] = [], environment: [String: String] = [:]
  ) throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Python/\(script)").standardized.path
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [path] + arguments
    process.standardInput = input
    process.standardOutput = output
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    try process.run()
  }

  /// Sends a line and waits for the answer to it.
  ///
  /// - Throws: `BenchError` when the process has ended.
  public func ask(_ request: String) throws -> String {
    try input.fileHandleForWriting.write(contentsOf: Data((request + "\n").utf8))
    return try readLine()
  }

  /// Waits for a line.
  ///
  /// - Throws: `BenchError` when the process has ended.
  public func readLine() throws -> String {
    while true {
      if let end = unread.firstIndex(of: "\n") {
        defer { unread = String(unread[unread.index(after: end)...]) }
        return String(unread[..<end])
      }
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw BenchError("the Python process ended; see above") }
      unread += String(decoding: data, as: UTF8.self)
    }
  }

  /// Closes its input and waits for its end.
  public func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}

/// Why a benchmark could not run.
public struct BenchError: Error, CustomStringConvertible {
  /// The reason.
  public let description: String

  /// An error of that reason.
  public init(_ description: String) { self.description = description }
}
