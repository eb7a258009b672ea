import Foundation

/// The Python packages in a process of their own.
final class PythonPeer {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var unread = ""

  /// One measured request: CPU seconds a prediction, and its score.
  struct Answer: Decodable {
    let seconds: Double
    let score: Double
  }

  init(_ python: String, _ texts: [String], prices: [Double]) throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Python/score_peer.py").standardized.path
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [script]
    process.standardInput = input
    process.standardOutput = output
    // One core for either side: numpy's libraries would start threads of their own.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"]) { $1 }
    try process.run()
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("updraft-bench-score-\(getpid()).jsonl").path
    try ([prices.description] + texts).joined(separator: "\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try ask("load \(path)")
  }

  /// Scores prediction `index` `times` times.
  func score(_ method: Kind.Method, _ index: Int, times: Int) throws -> Answer {
    let line = try ask("\(method.rawValue) \(index) \(times)")
    return try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
  }

  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func ask(_ request: String) throws -> String {
    try input.fileHandleForWriting.write(contentsOf: Data((request + "\n").utf8))
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
}

/// Why the benchmark could not run.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
