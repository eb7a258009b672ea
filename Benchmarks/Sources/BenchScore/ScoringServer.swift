import BenchSupport
import Competition
import Foundation
import GatewayTestSupport
import Storage

/// A scratch PostgreSQL of default durability, with models and what a worker needs to score them.
struct ScoringServer {
  /// Models of a round.
  static let modelCount = 100
  /// A round every 12 minutes, as in Condor's game.
  static let roundSeconds = 720

  /// The newest `resolvable_at`.
  let newest: UTCTime
  private let server: ScratchPostgres
  private let folder: String

  /// Starts it; `core` is the one core of all sessions that are opened once it runs.
  static func start(core: Int? = nil) async throws -> ScoringServer {
    let server = try await ScratchPostgres.start()
    if let core, let id = server.processID {
      // Sessions inherit it from the postmaster.
      try run("taskset", "-c", "-p", "\(core)", "\(id)")
    }
    return try ScoringServer(server)
  }

  private init(_ server: ScratchPostgres) throws {
    self.server = server
    newest = UTCTime(secondsSinceEpoch: UTCTime.now().secondsSinceEpoch / 60 * 60 - 3_600)
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("updraft-bench-score-\(getpid())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let connection = try PostgresConnection(server.configuration)
    defer { connection.close() }
    _ = try SchemaInitializer(connection).initializeDatabase()
    try connection.execute(
      """
      DELETE FROM prediction_configs;
      INSERT INTO models (crunch_identifier, name, deployment_identifier,
        player_crunch_identifier, player_name, scores_by_param)
      SELECT 'm' || n, '', '', '', 'Unknown', '[]' FROM generate_series(1, \(Self.modelCount)) AS n
      """, doing: "make the models")
  }

  /// Stops it and removes everything.
  func stop() async {
    await server.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Runs statements, however long they take.
  func execute(_ sql: String, _ parameters: [PostgresParameter] = []) throws {
    var configuration = server.configuration
    configuration.statementTimeout = .seconds(600)
    let connection = try PostgresConnection(configuration)
    defer { connection.close() }
    if parameters.isEmpty {
      try connection.execute(sql, doing: "prepare a benchmark")
    } else {
      try connection.query(sql, parameters, doing: "prepare a benchmark")
    }
  }

  /// A single number.
  func number(_ sql: String) throws -> Int {
    let connection = try PostgresConnection(server.configuration)
    defer { connection.close() }
    let rows = try connection.query(sql, doing: "look at a benchmark's result")
    guard let row = rows.first else { throw BenchError("no rows: \(sql)") }
    return try row.int(0)
  }

  /// Writes minute prices of the last `days` days and the worker's settings.
  ///
  /// - Returns: the path of game.yml.
  func writeConfiguration(days: Int) throws -> String {
    var text = "asset,timestamp,price\n"
    let prices = Predictions.prices()
    let last = UTCTime.now().secondsSinceEpoch / 60 * 60
    for (index, time) in stride(from: last - Int64(days) * 86_400, through: last, by: 60)
      .enumerated()
    {
      text += "BTC,\(time),\(prices[index % prices.count])\n"
    }
    try text.write(toFile: folder + "/prices.csv", atomically: true, encoding: .utf8)
    let settings = server.configuration
    try """
    database:
      host: "\(settings.host ?? "")"
      port: \(settings.port ?? 5432)
      user: "\(settings.user ?? "")"
      name: "\(settings.database ?? "")"
    prices: {source: csv, path: "\(folder)/prices.csv"}

    """.write(toFile: folder + "/game.yml", atomically: true, encoding: .utf8)
    return folder + "/game.yml"
  }

  private static func run(_ words: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchError("\(words.joined(separator: " ")) failed")
    }
  }
}
