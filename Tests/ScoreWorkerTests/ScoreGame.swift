import Competition
import Foundation

/// A database with models, predictions and prices, and what a worker needs to score them.
struct ScoreGame {
  /// What a model answers.
  enum Answer {
    /// Good JSON for each step.
    case density(String)
    /// The whole answer, as it is.
    case text(String)
    /// No answer, with that status.
    case none(String)
  }

  static let norm = #"{"type":"builtin","name":"norm","params":{"loc":0,"scale":0.001}}"#

  let database: ScoreDatabase
  let folder: TestFolder
  /// The newest `resolvable_at` that rounds have: an hour ago, on a whole minute.
  let newest: UTCTime
  /// The settings `prices`: `prices.csv` of the folder, or a server.
  var prices: String
  static let horizon = 600
  static let step = 60

  init(partitioned: Bool = false) async throws {
    database = try await ScoreDatabase.make(partitioned: partitioned)
    folder = try TestFolder()
    let now = UTCTime.now().secondsSinceEpoch
    newest = UTCTime(secondsSinceEpoch: now / 60 * 60 - 3_600)
    prices = Self.file(in: folder)
  }

  private init(_ game: ScoreGame, _ database: ScoreDatabase) throws {
    (self.database, newest) = (database, game.newest)
    folder = try TestFolder()
    prices = Self.file(in: folder)
    try FileManager.default.copyItem(
      atPath: game.folder.path("prices.csv"), toPath: folder.path("prices.csv"))
  }

  private static func file(in folder: TestFolder) -> String {
    "source: csv, path: \"\(folder.path("prices.csv"))\""
  }

  /// The same game with a database of its own.
  func copy() async throws -> ScoreGame { try ScoreGame(self, try await database.copy()) }

  /// Writes minute prices of the last `days` days; `leavingOut` tells which are missing.
  func writePrices(
    days: Int = 9, assets: [String] = ["BTC"], until end: UTCTime = .now(),
    leavingOut isMissing: (Int64) -> Bool = { _ in false }
  ) throws {
    var text = "asset,timestamp,price\n"
    for (index, asset) in assets.enumerated() {
      var price = 100.0 * Double(index + 1)
      let last = end.secondsSinceEpoch / 60 * 60
      var random = UInt64(index) &+ 12_345
      for time in stride(from: last - Int64(days) * 86_400, through: last, by: 60) {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Sometimes it stands still.
        let noise = Double(random >> 33) / Double(1 << 30) - 1
        if random >> 60 != 0 { price *= 1 + noise / 500 }
        if !isMissing(time) { text += "\(asset),\(time),\(price)\n" }
      }
    }
    try text.write(toFile: folder.path("prices.csv"), atomically: true, encoding: .utf8)
  }

  /// Adds a model with a prediction in each of `rounds` rounds, `every` seconds apart, the newest
  /// one resolvable at `newest`.
  func add(
    _ model: String, _ answer: Answer, rounds: Int = 4, every: Int = 10_800, asset: String = "BTC",
    skipping: Int = 0, horizon: Int = ScoreGame.horizon, step: Int = ScoreGame.step
  ) throws {
    var status = "SUCCESS"
    var json = "null"
    switch answer {
    case .density(let density):
      json = "[" + Array(repeating: density, count: horizon / step).joined(separator: ", ") + "]"
    case .text(let text): json = text
    case .none(let word): status = word
    }
    let escaped = json.replacing("'", with: "''")
    try database.execute(
      """
      INSERT INTO models (crunch_identifier, name, deployment_identifier, player_crunch_identifier,
        player_name, scores_by_param)
      VALUES ('\(model)', 'name of \(model)', '', '', 'Player', '[]') ON CONFLICT DO NOTHING;
      INSERT INTO predictions (id, model_id, asset, horizon, step, status, exec_time, distributions,
        performed_at, resolvable_at)
      SELECT 'PRE_\(model)_\(asset)_\(horizon)_' || to_char(at, 'YYYYMMDD_HH24MISS.MS'), '\(model)',
        '\(asset)', \(horizon), \(step), '\(status)', 1.5, '\(escaped)',
        at - \(horizon) * interval '1 s', at
      FROM generate_series(\(skipping), \(skipping + rounds - 1)) AS n,
        LATERAL (SELECT '\(newest.iso8601)'::timestamp - n * \(every) * interval '1 s' AS at) AS t
      """)
  }

  /// Writes the worker's configuration with further lines, and returns its path.
  func configuration(_ lines: String = "", name: String = "game.yml") throws -> String {
    let text = """
      \(database.settings)prices: {\(prices)}
      \(lines)

      """
    try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    return folder.path(name)
  }

  /// Runs the worker to its end.
  @discardableResult
  func score(
    _ settings: String = "", _ arguments: [String] = ["--once"], exitCode: Int32 = 0
  ) throws -> WorkerProcess.Ended {
    let worker = try WorkerProcess(
      ["--config", try configuration(settings)] + arguments, folder: folder)
    let ended = try worker.wait()
    guard ended.code == exitCode else { throw UnexpectedEnd(ended: ended) }
    return ended
  }
}

/// A worker that ended otherwise than expected.
struct UnexpectedEnd: Error, CustomStringConvertible {
  let ended: WorkerProcess.Ended
  var description: String { "\(ended)" }
}

/// A folder that is removed with its last reference.
final class TestFolder {
  private let root: String

  init() throws {
    root = NSTemporaryDirectory() + "score-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { "\(root)/\(name)" }
}
