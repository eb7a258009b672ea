import BenchSupport
import Foundation

/// The Python packages in a process of their own.
final class PythonPeer {
  private let peer: LinePeer

  /// One measured request: CPU seconds a prediction, and its score.
  struct Answer: Decodable {
    let seconds: Double
    let score: Double
  }

  init(_ python: String, _ texts: [String], prices: [Double]) throws {
    // One core for either side: numpy's libraries would start threads of their own.
    peer = try LinePeer(
      python, script: "score_peer.py",
      environment: ["OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"])
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("updraft-bench-score-\(getpid()).jsonl").path
    try ([prices.description] + texts).joined(separator: "\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try peer.ask("load \(path)")
  }

  /// Scores prediction `index` `times` times.
  func score(_ method: Kind.Method, _ index: Int, times: Int) throws -> Answer {
    let line = try peer.ask("\(method.rawValue) \(index) \(times)")
    return try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
  }

  func stop() { peer.stop() }
}
