import BenchSupport
import Competition
import Foundation
import Storage

/// The Condor worker's way, SQLAlchemy in a Python process of its own.
final class PythonStore {
  private let peer: LinePeer

  init(_ python: String, _ configuration: DatabaseConfiguration, answersPath: String) throws {
    peer = try LinePeer(
      python, script: "store_peer.py",
      arguments: [
        "--host", configuration.host ?? "", "--port", "\(configuration.port ?? 5432)", "--user",
        configuration.user ?? "", "--database", configuration.database ?? "", "--answers",
        answersPath,
      ])
    _ = try peer.readLine()
  }

  /// Stores one round.
  func store(_ performedAt: UTCTime) throws -> Measurement {
    struct Line: Decodable {
      let seconds: Double
      let cpu_seconds: Double
    }
    let answer = try peer.ask("run \(performedAt.iso8601)")
    let line = try JSONDecoder().decode(Line.self, from: Data(answer.utf8))
    // The Condor worker stores on the thread that predicts.
    return Measurement(
      seconds: line.seconds, cpuSeconds: line.cpu_seconds, callerCPUSeconds: line.cpu_seconds)
  }

  func stop() { peer.stop() }
}
