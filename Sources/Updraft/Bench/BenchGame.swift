import Benchmarking
import Competition
import Foundation
import GameSetup
import GatewayTestSupport
import JSON
import Logging
import Storage

/// A private PostgreSQL with the game's tables, and simulated prices: what the workers need.
///
/// Ended by `stop()`.
final class BenchGame: Sendable {
  let stage: BenchStage
  let server: ScratchPostgres
  private let prices: BenchChild
  private let pricesURL: String

  private init(
    _ stage: BenchStage, _ server: ScratchPostgres, _ prices: BenchChild, _ pricesURL: String
  ) {
    (self.stage, self.server, self.prices, self.pricesURL) = (stage, server, prices, pricesURL)
  }

  /// Starts both and makes the tables.
  static func start(_ stage: BenchStage) async throws -> BenchGame {
    stage.say("starting PostgreSQL and prices")
    let server = try await ScratchPostgres.start()
    do {
      let prices = try await BenchChild.start(
        [
          ProgramPath.own, "price-server", "--port", "0", "--assets", "BTC", "--seed",
          "\(stage.plan.seed)",
        ], name: "updraft price-server")
      let result = await Task {
        let url = try await prices.line(saying: "ready") { line in
          line.split { $0 == " " || $0 == "," }.first { $0.hasPrefix("http://") }.map(String.init)
        }
        let game = BenchGame(stage, server, prices, url)
        try await game.work {
          _ = try SchemaInitializer($0).initializeDatabase()
          let table = PredictionConfigTable($0)
          for config in try table.list() { try table.remove(id: config.id) }
        }
        return game
      }.result
      if case .failure = result { await prices.stop() }
      return try result.get()
    } catch {
      await server.stop()
      throw error
    }
  }

  func stop() async {
    await prices.stop()
    await server.stop()
  }

  /// Writes game.yml with `more` beyond the database, the prices and the log, and returns its path.
  func configuration(resolution: String, history: String, _ more: [String]) throws -> String {
    let database = server.configuration
    let lines =
      [
        "crunch_id: \(BenchStage.crunch)",
        "prices: {source: http, url: \"\(pricesURL)\", resolution: \(resolution), "
          + "history: \(history), timeout: 10s}",
        "database: {host: \(quoted(database.host ?? "")), port: \(database.port ?? 5_432), "
          + "user: \(quoted(database.user ?? "")), name: \(quoted(database.database ?? ""))}",
        "log: {level: debug, format: json}",
      ] + more
    return try stage.write(lines.joined(separator: "\n") + "\n", to: "game.yml")
  }

  /// Runs `body` with a session of its own, off the caller's thread.
  func work<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> Value
  ) async throws -> Value {
    let configuration = server.configuration
    return try await runBlocking { () -> Result<Value, any Error> in
      Result {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let connection = try PostgresConnection(configuration, logger: logger)
        defer { connection.close() }
        return try body(connection)
      }
    }.get()
  }

  private func quoted(_ text: String) -> String { JSONValue.string(text).text() }
}
