import Competition

/// The settings of a test's game that differ from test to test; the rest is quick.
struct Game {
  /// The competition's id in all integration tests.
  static let crunchID = "integration-game"
  /// The base class of the tests' Python models.
  static let baseClass = "examplegame.tracker.TrackerBase"

  var orchestratorPort: UInt16
  /// Where prices come from; nothing listens on port 9 by default.
  var pricesURL = "http://127.0.0.1:9/v1/prices"
  var tick = "1s"
  var timeout = "20s"
  /// More settings of `predict`, each behind a comma.
  var predict = ""
  /// The spool's folder; nil for one that nobody else has.
  var spool: String?
  /// More lines of the file.
  var more = ""

  /// The text of game.yml.
  var text: String {
    """
    crunch_id: \(Self.crunchID)
    base_class: \(Self.baseClass)
    orchestrator: {host: 127.0.0.1, port: \(orchestratorPort)}
    prices: {source: http, url: "\(pricesURL)", resolution: 1s, history: 10m, timeout: 5s}
    predict: {tick: \(tick), timeout: \(timeout)\(predict)}
    \(more)
    """
  }
}

extension Stage {
  /// Starts `updraft price-server` and returns the address of its prices.
  func startPriceServer(assets: [String] = ["BTC", "ETH", "XAU", "SOL"]) async throws -> String {
    let server = try await start([
      try BuiltProgram.updraft.path, "price-server", "--port", "0", "--assets",
      assets.joined(separator: ","),
    ])
    return try await eventually("the price server listens") {
      server.errorLines.lazy
        .compactMap { $0.firstMatch(of: /listening on (http:\S+?),/)?.output.1 }
        .first.map(String.init)
    }
  }

  /// Starts `updraft fleet` and returns the port of its feed.
  func startFleet(_ options: [String]) async throws -> UInt16 {
    let fleet = try await start(
      [
        try BuiltProgram.updraft.path, "fleet", "--port", "0", "--orchestrator-port", "0",
        "--crunch", Game.crunchID,
      ] + options)
    return try await eventually("the fleet's feed listens") {
      fleet.errorLines.lazy
        .compactMap { $0.firstMatch(of: /ws:\/\/127\.0\.0\.1:(\d+)\//)?.output.1 }
        .first.flatMap { UInt16($0) }
    }
  }

  /// Starts `predict-worker` on a game and a database.
  func startWorker(
    _ game: Game, _ database: GameDatabase, _ options: [String] = []
  ) async throws -> Program {
    let name = "game-\(UInt32.random(in: 0 ... .max))"
    let spool = game.spool ?? "\(folder)/\(name)-spool"
    let file = try write(game.text + "\nspool: {dir: \"\(spool)\"}\n", to: "\(name).yml")
    return try await start(
      [try BuiltProgram.predictWorker.path, "--config", file] + options,
      variables: database.variables)
  }
}
