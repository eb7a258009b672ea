import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct RefusedRowTests {
  private static func statuses(_ database: TestDatabase) throws -> [String] {
    try database.rows(#"SELECT model_id, status FROM predictions ORDER BY id COLLATE "C""#)
  }

  @Test func badAnswersBecomeFailedWithAReasonAndTheRestIsStored() async throws {
    let database = try await TestDatabase.initialized()
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let answers: [(bytes: ByteView, isStored: Bool)] = [
      (ByteView(#"{"a":NaN}"#), false), (ByteView("[Infinity]"), false),
      (ByteView("{"), false), (ByteView(""), false), (ByteView(#"{"a":1} x"#), false),
      (ByteView(copying: [0x22, 0xFF, 0xFE, 0x22]), false),
      (ByteView(copying: [0x22, 0x00, 0x22]), false), (ByteView(deep), false),
      (ByteView(#""\u0000""#), true), (ByteView(#""\ud800""#), true), (ByteView("1e400"), true),
      (ByteView("123456789012345678901234567890"), true), (ByteView("{}"), true),
    ]
    let round = TestRound.make(bytes: answers.map(\.bytes))
    let stored = try await TestRound.store(round, in: database)
    #expect(stored.counts == [.success: 5, .failed: 8])
    #expect(stored.failures.allSatisfy { $0.source == .storage })
    for (index, answer) in answers.enumerated() {
      let row = try database.rows(
        """
        SELECT status, distributions, detail FROM predictions
        LEFT JOIN updraft_failures ON prediction_id = id WHERE model_id = 'm\(index)'
        """)
      if answer.isStored {
        #expect(row == ["SUCCESS|\(answer.bytes.lossyText)|∅"])
      } else {
        #expect(row.first?.hasPrefix("FAILED|null|the answer can't be stored: ") == true, "\(row)")
      }
    }
  }

  @Test func anAnswerThatIsNoListOfDensitiesIsRefusedWhenTheShapeIsChecked() async throws {
    let database = try await TestDatabase.initialized()
    var options = RoundWriterOptions()
    options.checksShape = true
    let sixty = "[" + Array(repeating: "{}", count: 60).joined(separator: ",") + "]"
    let round = TestRound.make([sixty, "{}", "[{},{}]"])
    let stored = try await TestRound.store(round, in: database, options: options)
    #expect(stored.counts == [.success: 1, .failed: 2])
  }

  /// Half a surrogate pair made simdjson leave the answer to PostgreSQL, which asked for no shape.
  @Test func whatOnlyPostgreSQLCanReadHasToHaveTheShapeToo() async throws {
    let database = try await TestDatabase.initialized()
    var options = RoundWriterOptions()
    options.checksShape = true
    let odd = #"{"name":"\ud800"}"#
    func list(_ count: Int, and last: String) -> String {
      "[" + (Array(repeating: odd, count: count) + [last]).joined(separator: ",") + "]"
    }
    let answers = [list(59, and: "{}"), list(60, and: "{}"), list(59, and: "1e400"), odd, "1e400"]
    let stored = try await TestRound.store(
      TestRound.make(answers), in: database, options: options)
    #expect(stored.counts == [.success: 1, .failed: 4])
    for failure in stored.failures {
      #expect(failure.detail.hasSuffix("60 densities are expected in a list"), "\(failure)")
    }
  }

  @Test func copyIsolatesTheRowsThatTheDatabaseRefusesAndStoresTheRest() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute(
      "ALTER TABLE predictions ADD CHECK (distributions::text NOT LIKE '%forbidden%')")
    var answers = Array(repeating: "1", count: 100)
    for index in [0, 31, 32, 50, 99] { answers[index] = #""forbidden""# }
    let stored = try await TestRound.store(TestRound.make(answers), in: database)
    #expect(stored.counts == [.success: 95, .failed: 5])
    #expect(
      try database.rows("SELECT model_id FROM predictions WHERE status = 'FAILED' ORDER BY id")
        == ["m0", "m31", "m32", "m50", "m99"])
    #expect(
      try database.rows(
        "SELECT detail LIKE 'the database refuses the row: new row%check constraint%', count(*) "
          + "FROM updraft_failures GROUP BY 1") == ["t|5"])
  }

  @Test func aRowThatIsRefusedEvenAsFailedIsDroppedAndNamed() async throws {
    let database = try await TestDatabase.initialized()
    try database.execute("ALTER TABLE predictions ADD CHECK (model_id <> 'm1')")
    let test = try TestWriter(database)
    test.writer.enqueue(TestRound.make(["0", "1", "2"]))
    let stored = try #require(await test.nextStored())
    #expect(stored.counts == [.success: 2])
    #expect(stored.failures.map(\.source) == [.dropped])
    #expect(stored.failures.map(\.modelID.rawValue) == ["m1"])
    #expect(test.writer.statistics.droppedRows == 1)
    await test.writer.stop()
    #expect(try Self.statuses(database) == ["m0|SUCCESS", "m2|SUCCESS"])
  }

  @Test func aModelWhoseRowIsGoneGetsABareOneInsteadOfLosingThePredictions() async throws {
    let database = try await TestDatabase.initialized()
    let round = TestRound.make(["0", "1"], withModels: false)
    let stored = try await TestRound.store(round, in: database)
    #expect(stored.counts == [.success: 2])
    #expect(
      try database.rows("SELECT crunch_identifier, player_name FROM models ORDER BY 1")
        == ["m0|Unknown", "m1|Unknown"])
  }

  @Test func aModelIDTooLongForItsIndexCostsThatModelsRowOnly() async throws {
    let database = try await TestDatabase.initialized()
    // Random text, so that no compression makes it fit into an index page.
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    var generator = SystemRandomNumberGenerator()
    let long = String((0..<9_000).map { _ in letters[Int.random(in: 0..<36, using: &generator)] })
    let records = ["a", long, "z"].map { TestRound.record($0, .success, answer: ByteView("1")) }
    let round = TestRound.make(records, models: records.map(\.modelID))
    let stored = try await TestRound.store(round, in: database)
    #expect(stored.counts == [.success: 2])
    #expect(stored.failures.map(\.source) == [.dropped])
    #expect(try Self.statuses(database) == ["a|SUCCESS", "z|SUCCESS"])
  }

  @Test func aModelThatStandsTwiceInARoundIsStoredOnce() async throws {
    let database = try await TestDatabase.initialized()
    let records = ["a", "b", "a"].map { TestRound.record($0, .success, answer: ByteView("1")) }
    let round = TestRound.make(records, models: [ModelID("a"), ModelID("b")])
    let stored = try await TestRound.store(round, in: database)
    #expect(stored.rowCount == 2)
    #expect(try Self.statuses(database) == ["a|SUCCESS", "b|SUCCESS"])
  }

  @Test func textWithANULIsStoredWithAReplacement() async throws {
    let database = try await TestDatabase.initialized()
    let records = [TestRound.record("a\0b", .failed, detail: "x\0y")]
    let round = TestRound.make(records, models: [ModelID("a\0b")])
    let stored = try await TestRound.store(round, in: database)
    #expect(stored.counts == [.failed: 1])
    #expect(try database.rows("SELECT detail FROM updraft_failures") == ["x\u{FFFD}y"])
  }
}
