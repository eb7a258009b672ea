import Competition
import Foundation
import JSON
import Storage
import Testing

/// Predictions that `score_parity.py` draws and scores by the Python packages, good ones and bad
/// ones, through the whole way: stored, read, scored, written.
///
/// Few by default; `SCORE_PARITY_COUNT=500` draws that many of each kind. `SCORE_PARITY_SEED`
/// replays a draw.
@Suite(.timeLimit(.minutes(20))) struct DrawnParityTests {
  /// What PostgreSQL's `json` refuses never gets this far; each must fail.
  private static let refused: Set<String> = ["bad: no JSON", "bad: NaN", "bad: NaN beside"]

  @Test(arguments: ["density", "crps"])
  func storedPredictionsGetTheScoresOfThePackagesAndTheSameOnesFail(method: String) async throws {
    let game = try await ScoreGame()
    let drawn = try DrawnPredictions(method, folder: game.folder)
    try drawn.writePrices(to: game.folder.path("prices.csv"), newest: game.newest)
    let stored = try drawn.store(in: game)
    let left = drawn.cases.indices.filter { !stored.contains($0) }
    #expect(Set(left.map { drawn.cases[$0].group }).isSubset(of: Self.refused))
    for index in left { #expect(drawn.cases[index].expected == nil) }
    // The drawn prices are five minutes apart.
    let rule = method == "crps" ? "crps" : "density_pdf"
    try game.score("score: {method: \(rule), failed: worst, price_max_gap: 10x}")
    let rows = try game.database.rows("SELECT id, score_value, score_success FROM predictions")
    #expect(rows.count == stored.count && rows.count > 34 * drawn.countOfEach)
    var different: [String] = []
    for row in rows {
      let parts = row.split(separator: "|").map(String.init)
      let example = drawn.cases[try #require(Int(parts[0]))]
      let score = parts[2] == "t" ? Double(parts[1]) : nil
      if !example.isMet(by: score) {
        different.append("\(example.group): \(score.debugDescription): \(example)")
      }
    }
    #expect(
      different.isEmpty,
      "\(different.count) differ, SCORE_PARITY_SEED=\(drawn.seed):\n\(different.prefix(20))")
  }
}

/// What the script drew of one method.
private struct DrawnPredictions {
  struct Case {
    let group: String
    let text: String
    /// Seconds before the end of the horizon, and prices.
    let prices: [(before: Int64, price: Double)]
    /// The score that ours must give; nil when it must fail.
    let expected: Double?
    let isCRPS: Bool

    func isMet(by score: Double?) -> Bool {
      guard let score, let expected else { return (score == nil) == (expected == nil) }
      let difference = abs(score - expected)
      // As for the formulas alone: a CRPS is a sum of rounded squares, tiny densities lose digits.
      return difference <= (isCRPS ? 1e-6 : 1e-9) * abs(expected)
        || difference <= (isCRPS ? 1e-12 : 1e-290)
    }
  }

  let cases: [Case]
  let countOfEach: Int
  let seed: Int
  private static let horizon: Int64 = 1_200
  /// From one prediction's end to the next one's: none sees another one's prices.
  private static let distance: Int64 = 1_800

  init(_ method: String, folder: TestFolder) throws {
    func number(_ name: String, default value: Int) -> Int {
      getenv(name).flatMap { Int(String(cString: $0)) } ?? value
    }
    countOfEach = number("SCORE_PARITY_COUNT", default: 3)
    seed = number("SCORE_PARITY_SEED", default: Int.random(in: 1...1_000_000))
    print("parity of stored predictions: SCORE_PARITY_SEED=\(seed)")
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Python").path
    let script = """
      exec "$(\(root)/environments.sh score)/bin/python" \(root)/score_parity.py \
      --count \(countOfEach) --seed \(seed) --method \(method)
      """
    let process = try WorkerProcess(["-c", script], program: "bash", folder: folder)
    let ended = try process.wait(seconds: 1_000)
    try #require(ended.code == 0, "\(ended.errors)")
    cases = try ended.output.split(separator: "\n").map { line in
      let value = try JSONValue.parse(text: String(line))
      let end = try #require(value["resolvable_at"]?.intValue)
      return Case(
        group: try #require(value["group"]?.stringValue),
        text: try #require(value["text"]?.stringValue),
        prices: (value["prices"]?.arrayValue ?? []).map {
          (before: end - ($0[0]?.intValue ?? 0), price: $0[1]?.doubleValue ?? 0)
        }, expected: value["expected"]?.doubleValue, isCRPS: method == "crps")
    }
  }

  private func end(of index: Int, newest: UTCTime) -> UTCTime {
    newest.advanced(by: .seconds(-Int64(index) * Self.distance))
  }

  func writePrices(to path: String, newest: UTCTime) throws {
    var text = "asset,timestamp,price\n"
    for (index, example) in cases.enumerated().reversed() {
      let end = end(of: index, newest: newest).secondsSinceEpoch
      for point in example.prices { text += "BTC,\(end - point.before),\(point.price)\n" }
    }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// Stores all that PostgreSQL takes.
  ///
  /// - Returns: the places of those.
  func store(in game: ScoreGame) throws -> Set<Int> {
    try game.add("m", .none("ABSENT"), rounds: 0)
    try game.database.execute(
      """
      CREATE FUNCTION json_or_null(text) RETURNS json LANGUAGE plpgsql AS
        $$ BEGIN RETURN $1::json; EXCEPTION WHEN others THEN RETURN NULL; END $$
      """)
    let indices = Array(cases.indices)
    try game.database.with { connection in
      for start in stride(from: 0, to: indices.count, by: 500) {
        let chunk = indices[start..<min(start + 500, indices.count)]
        try connection.query(
          """
          INSERT INTO predictions (id, model_id, asset, horizon, step, status, exec_time,
            distributions, performed_at, resolvable_at)
          SELECT id, 'm', 'BTC', \(Self.horizon), 300, 'SUCCESS', 1, json,
            at::timestamp - interval '\(Self.horizon) s', at::timestamp
          FROM unnest($1::text[], $2::text[], $3::text[]) AS c (id, text, at),
            LATERAL json_or_null(text) AS json WHERE json IS NOT NULL
          """,
          [
            .texts(chunk.map { "\($0)" }), .texts(chunk.map { cases[$0].text }),
            .texts(chunk.map { end(of: $0, newest: game.newest).iso8601 }),
          ], doing: "store drawn predictions")
      }
    }
    return Set(try game.database.rows("SELECT id FROM predictions").compactMap { Int($0) })
  }
}
