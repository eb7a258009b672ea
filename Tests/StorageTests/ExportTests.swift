import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct ExportTests {
  private static let awkward = [
    #"[{"x": "a \"quoted\" \\ backslash, comma"}]"#, #""line\nbreak \u0000 nul \ud800 lone""#,
    "[1,\n  2.50,\r\n\t3]", #"["ünï ☃ 😀", null, 1e400, 123456789012345678901234567890]"#, "null",
    #"{"text": "\\."}"#,
  ]

  private func database() async throws -> TestDatabase {
    let database = try await TestDatabase.initialized()
    _ = try await TestRound.store(TestRound.make(Self.awkward), in: database)
    try database.execute(
      """
      UPDATE predictions SET score_value = 0.1::float8 + 0.2::float8, score_success = true,
        score_scored_at = '2026-11-23 01:02:03.000004' WHERE model_id = 'm0';
      UPDATE predictions SET score_value = 0, score_success = false, score_failed_reason =
        E'line 1\\nline 2, "quoted" \\\\ and \\u00fc\\t.', score_scored_at = '2026-11-23 01:02:03'
        WHERE model_id = 'm1';
      UPDATE predictions SET score_failed_reason = '' WHERE model_id = 'm2';
      UPDATE predictions SET distributions = NULL WHERE model_id = 'm4'
      """)
    return database
  }

  private func export(_ query: ExportQuery, _ database: TestDatabase) throws -> (Int, [UInt8]) {
    var bytes: [UInt8] = []
    let count = try database.with { connection in
      try PredictionExport(query).run(on: connection) { bytes += $0 }
    }
    return (count, bytes)
  }

  /// Copies bytes back with `sql`.
  private func copy(_ bytes: [UInt8], _ sql: String, into database: TestDatabase) throws -> Int {
    try database.with { connection in
      try connection.copyIn(sql, doing: "import") { (stream) throws(StorageError) in
        try bytes.withUnsafeBufferPointer { (bytes) throws(StorageError) in
          try stream.put(UnsafeRawBufferPointer(bytes))
        }
      }
    }
  }

  private func rows(_ database: TestDatabase, _ distributions: String = "distributions") throws
    -> [String]
  {
    let columns = CondorSchema.predictions.columns.map(\.name)
      .map { $0 == "distributions" ? distributions : $0 }.joined(separator: ", ")
    return try database.rows("SELECT \(columns) FROM predictions ORDER BY id")
  }

  @Test func csvComesBackByteForByteWithCopyFrom() async throws {
    let source = try await database()
    let (count, bytes) = try export(ExportQuery(.predictions, as: .csv), source)
    #expect(count == 6)
    let header = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    #expect(header == CondorSchema.predictions.columns.map(\.name).joined(separator: ","))
    let target = try await TestDatabase.initialized()
    try target.execute("ALTER TABLE predictions DROP CONSTRAINT predictions_model_id_fkey")
    let taken = try copy(
      bytes, "COPY predictions FROM STDIN (FORMAT csv, HEADER)", into: target)
    #expect(taken == 6)
    #expect(try rows(target) == rows(source))
  }

  @Test func jsonlComesBackLineByLine() async throws {
    let source = try await database()
    let (count, bytes) = try export(ExportQuery(.predictions, as: .jsonl), source)
    #expect(count == 6)
    #expect(bytes.count { $0 == 10 } == 6)
    #expect(!bytes.contains(13))
    let target = try await TestDatabase.initialized()
    try target.execute(
      """
      ALTER TABLE predictions DROP CONSTRAINT predictions_model_id_fkey;
      CREATE TABLE lines (line json)
      """)
    let form = "(FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    #expect(try copy(bytes, "COPY lines FROM STDIN \(form)", into: target) == 6)
    // PostgreSQL's own functions on json refuse the NUL and the lone surrogate: that line is looked
    // at as text.
    let doubtful = #"line::text LIKE '%\\u0000%'"#
    try target.execute(
      """
      INSERT INTO predictions SELECT p.* FROM lines, json_populate_record(NULL::predictions, line)
        AS p WHERE NOT \(doubtful)
      """)
    let lines = try target.rows("SELECT line FROM lines WHERE \(doubtful)")
    #expect(lines.count == 1)
    #expect(lines.first?.contains(#""distributions":"# + Self.awkward[1] + ",") == true)
    // A line end between two values is space; the JSON null and SQL's NULL are one in JSON.
    let comparable = """
      coalesce(nullif(translate(distributions::text, E'\\r\\n', '  '), 'null'), '∅')
      """
    let expected = try rows(source, comparable).filter { !$0.contains("PRE_m1_") }
    #expect(expected.count == 5)
    #expect(try rows(target, comparable) == expected)
  }

  @Test func scoresAreTheScoredOnesWithTheirColumns() async throws {
    let source = try await database()
    let (count, bytes) = try export(ExportQuery(.scores, as: .csv), source)
    #expect(count == 2)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(
      lines[0] == "id,model_id,asset,horizon,step,performed_at,score_value,score_success,"
        + "score_failed_reason,score_scored_at")
    #expect(
      lines[1] == "PRE_m0_20261122_110154.820,m0,BTC,3600,60,2026-11-22 11:01:54.82,"
        + "0.30000000000000004,t,,2026-11-23 01:02:03.000004")
    let (_, objects) = try export(ExportQuery(.scores, as: .jsonl), source)
    let first = String(decoding: objects.prefix { $0 != 10 }, as: UTF8.self)
    #expect(first.contains(#""score_value":0.30000000000000004,"score_success":true"#), "\(first)")
    #expect(first.contains(#""score_scored_at":"2026-11-23T01:02:03.000004""#))
  }

  @Test func timeModelAndAssetNarrowItAndAreNeverTakenForSQL() async throws {
    let database = try await TestDatabase.initialized()
    for (second, asset) in [(0, "BTC"), (10, "ETH"), (20, #"O'\x"; DROP TABLE predictions"#)] {
      try TestPredictions.insert(
        1, newest: TestRound.start.advanced(by: .seconds(second)), scoredAfter: nil, in: database,
        model: "m\(second)", asset: asset.replacing("'", with: "''"))
    }
    var query = ExportQuery(.predictions, as: .jsonl)
    func count() throws -> Int { try export(query, database).0 }
    #expect(try count() == 3)
    query.from = TestRound.start.advanced(by: .seconds(10))
    #expect(try count() == 2)
    query.until = TestRound.start.advanced(by: .seconds(20))
    #expect(try count() == 1)
    query = ExportQuery(.predictions, as: .csv)
    query.models = [ModelID("m0"), ModelID("m10"), ModelID("nobody")]
    #expect(try count() == 2)
    query.assets = ["ETH"]
    #expect(try count() == 1)
    query.models = []
    query.assets = [#"O'\x"; DROP TABLE predictions"#]
    #expect(try count() == 1)
    query.assets = ["') TO PROGRAM 'true'; --"]
    #expect(try count() == 0)
  }

  @Test func rowsThatComeMeanwhileAreNotInIt() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(2_000, newest: TestRound.start, scoredAfter: nil, in: database)
    var rows = 0
    let count = try database.with { connection in
      try PredictionExport(ExportQuery(.predictions, as: .jsonl)).run(on: connection) { _ in
        if rows == 0 {
          try database.execute("DELETE FROM updraft_failures; DELETE FROM predictions")
        }
        rows += 1
      }
    }
    #expect(count == 2_000)
    #expect(rows == 2_000)
  }

  @Test func aPartitionedTableIsExportedInTheOrderOfTime() async throws {
    let database = try await TestDatabase.partitioned(at: TestRound.start)
    for day in [3, 0, -4] {
      try TestPredictions.insert(
        2, newest: TestRound.start.advanced(by: TestPredictions.day * day), scoredAfter: nil,
        in: database)
    }
    let (_, bytes) = try export(ExportQuery(.predictions, as: .csv), database)
    let ids = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst()
      .compactMap { $0.split(separator: ",").first }
    #expect(ids.count == 6)
    #expect(ids == ids.sorted())
  }

  @Test func stoppingAndAFailingReceiverEndTheSession() async throws {
    struct Full: Error {}
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(500, newest: TestRound.start, scoredAfter: nil, in: database)
    let export = PredictionExport(ExportQuery(.predictions, as: .csv))
    try database.with { connection in
      var rows = 0
      let stopped = try #require(throws: StorageError.self) {
        _ = try export.run(on: connection, isStopped: { rows >= 5 }) { _ in rows += 1 }
      }
      #expect(stopped.code == .stopped)
      #expect(rows == 5)
      #expect(!connection.isUsable)
    }
    try database.with { connection in
      #expect(throws: Full.self) { try export.run(on: connection) { _ in throw Full() } }
      #expect(!connection.isUsable)
    }
  }

  @Test func aMissingTableAndAMissingRightAreToldAndTheSessionGoesOn() async throws {
    let empty = try await TestDatabase.empty()
    let export = PredictionExport(ExportQuery(.scores, as: .csv))
    try empty.with { connection in
      let error = try #require(throws: StorageError.self) {
        try export.run(on: connection) { _ in }
      }
      #expect(error.code == .schema)
      #expect(error.description.contains("updraft init-db"))
      #expect(connection.isUsable && !connection.isInTransaction)
    }
    let database = try await TestDatabase.initialized()
    let guest = try database.asRole("export_guest", granted: "INSERT")
    let error = try #require(throws: StorageError.self) {
      _ = try self.export(ExportQuery(.scores, as: .csv), guest)
    }
    #expect(error.code == .privileges)
    #expect(error.description.contains("GRANT"))
  }
}
