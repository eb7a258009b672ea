import BenchSupport
import Competition
import Foundation
import GatewayTestSupport
import Storage

/// The least that any writer can do: psql's `\copy … (FORMAT binary)` of the same rows into the
/// same table, from a file that PostgreSQL itself wrote.
final class PsqlCopy {
  private let configuration: DatabaseConfiguration
  private let psql: String
  private let path: String
  private static let columns = """
    model_id, asset, horizon, step, status, exec_time, distributions
    """

  init(_ configuration: DatabaseConfiguration) throws {
    self.configuration = configuration
    psql = try PostgresInstallation.find().binFolder + "/psql"
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("updraft-bench-rows-\(getpid()).bin").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Copies the rows of the round of `performedAt` once more, as a round one hour later.
  func store(_ performedAt: UTCTime) throws -> Measurement {
    let moment = performedAt.iso8601.replacingOccurrences(of: "Z", with: "")
    let rows = """
      SELECT id || '_copy' AS id, \(Self.columns), performed_at + interval '1 hour' AS performed_at,
        resolvable_at + interval '1 hour' AS resolvable_at
      FROM predictions WHERE performed_at = '\(moment)'
      """
    try run(
      "\\copy (\(rows.split(separator: "\n").joined(separator: " "))) TO '\(path)' (FORMAT binary)")
    try run("CHECKPOINT")
    let columns = "id, \(Self.columns), performed_at, resolvable_at"
      .split(separator: "\n").joined(separator: " ")
    let clock = ContinuousClock()
    let time = try clock.measure {
      try run("\\copy predictions (\(columns)) FROM '\(path)' (FORMAT binary)")
    }
    return Measurement(
      seconds: Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18,
      cpuSeconds: 0, callerCPUSeconds: 0)
  }

  private func run(_ command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: psql)
    process.arguments = [
      "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", configuration.host ?? "", "-p",
      "\(configuration.port ?? 5432)", "-U", configuration.user ?? "", "-d",
      configuration.database ?? "", "-c", command,
    ]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchError("psql failed; see above") }
  }
}
