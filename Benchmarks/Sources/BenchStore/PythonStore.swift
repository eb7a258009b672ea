import Competition
import Foundation
import Storage

/// The Condor worker's way, SQLAlchemy in a Python process of its own.
final class PythonStore {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var unread = ""

  init(_ python: String, _ configuration: DatabaseConfiguration, answersPath: String) throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Python/store_peer.py").standardized.path
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [
      script, "--host", configuration.host ?? "", "--port", "\(configuration.port ?? 5432)",
      "--user", configuration.user ?? "", "--database", configuration.database ?? "",
      "--answers", answersPath,
    ]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    _ = try readLine()
  }

  /// Stores one round.
  func store(_ performedAt: UTCTime) throws -> Measurement {
    struct Line: Decodable {
      let seconds: Double
      let cpu_seconds: Double
    }
    try input.fileHandleForWriting.write(contentsOf: Data("run \(performedAt.iso8601)\n".utf8))
    let line = try JSONDecoder().decode(Line.self, from: Data(try readLine().utf8))
    // The Condor worker stores on the thread that predicts.
    return Measurement(
      seconds: line.seconds, cpuSeconds: line.cpu_seconds, callerCPUSeconds: line.cpu_seconds)
  }

  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  private func readLine() throws -> String {
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
