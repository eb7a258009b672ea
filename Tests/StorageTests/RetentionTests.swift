import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3))) struct RetentionTests {
  private static let now = TestRound.start
  private static let day = TestPredictions.day

  private func retention(_ connection: PostgresConnection) -> Retention {
    Retention(connection, limits: RetentionLimits(), pauseMin: .zero)
  }

  private func prune(_ database: TestDatabase) throws -> RetentionReport {
    try database.with { try retention($0).prune(at: Self.now) }
  }

  private static func ago(_ days: Int) -> UTCTime { now.advanced(by: day * -days) }

  private func insertSnapshots(_ count: Int, newest: UTCTime, in database: TestDatabase) throws {
    try database.execute(
      """
      INSERT INTO models (crunch_identifier, name, deployment_identifier, player_crunch_identifier,
        player_name) VALUES ('m', '', '', '', '') ON CONFLICT DO NOTHING;
      INSERT INTO model_score_snapshots (id, scores_by_param, model_id, performed_at)
      SELECT 'SNP_' || '\(newest.compactSeconds)' || n, '[]', 'm',
        '\(newest.iso8601)'::timestamp - n * interval '1 s' FROM generate_series(1, \(count)) AS n
      """)
  }

  @Test func predictionsGoAfterTheirScoringWithTheirReasonsAndUnscoredOnesStay() async throws {
    let database = try await TestDatabase.initialized()
    let hour = Duration.seconds(3_600)
    try TestPredictions.insert(450, newest: Self.ago(31), scoredAfter: hour, in: database)
    try TestPredictions.insert(8, newest: Self.ago(29), scoredAfter: hour, in: database)
    // Asked long ago and scored late, or never.
    try TestPredictions.insert(4, newest: Self.ago(60), scoredAfter: Self.day * 31, in: database)
    try TestPredictions.insert(12, newest: Self.ago(90), scoredAfter: nil, in: database)
    let report = try prune(database)
    #expect(report.deletedRows == [.predictions: 450])
    #expect(report.problems == [])
    #expect(try TestPredictions.count(database) == 24)
    #expect(
      try database.rows("SELECT count(*) FROM predictions WHERE score_scored_at IS NULL")
        == ["12"])
    #expect(try TestPredictions.count(database, "updraft_failures") == 6)
    #expect(
      try database.rows(
        "SELECT count(*) FROM updraft_failures "
          + "WHERE prediction_id NOT IN (SELECT id FROM predictions)"
      ) == ["0"])
  }

  @Test func snapshotsAndRoundsGoByTheirOwnLimits() async throws {
    let database = try await TestDatabase.initialized()
    try insertSnapshots(1_300, newest: Self.ago(11), in: database)
    try insertSnapshots(5, newest: Self.ago(9), in: database)
    for days in [29, 31] {
      try database.execute(
        """
        INSERT INTO updraft_rounds (performed_at, shard, asset, horizon, step, wall_ms, success,
          failed, timeout, absent, stored_at)
        VALUES ('\(Self.ago(days).iso8601)', '1/1', 'BTC', 60, 1, 5, 1, 0, 0, 0, now())
        """)
    }
    var seen: [Int] = []
    let report = try database.with {
      try retention($0).prune(at: Self.now, onProgress: { seen.append($0.rowCount) })
    }
    #expect(report.deletedRows == [.snapshots: 1_300, .rounds: 1])
    #expect(seen == [1_000, 1_300, 1_301])
    #expect(try TestPredictions.count(database, "model_score_snapshots") == 5)
    #expect(try TestPredictions.count(database, "updraft_rounds") == 1)
  }

  @Test func reasonsWhosePredictionSomebodyElseDeletedAreSweptWhenOld() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(8, newest: Self.ago(40), scoredAfter: nil, in: database)
    try TestPredictions.insert(8, newest: Self.ago(2), scoredAfter: nil, in: database)
    try database.execute(
      """
      DELETE FROM predictions WHERE status = 'FAILED' AND id IN
        (SELECT id FROM predictions WHERE status = 'FAILED' ORDER BY id LIMIT 3);
      INSERT INTO updraft_failures VALUES ('PRE_of_another_form', 'kept')
      """)
    let skipped = try database.with {
      try retention($0).prune(at: Self.now, sweepsReasons: false)
    }
    #expect(skipped.rowCount == 0)
    let report = try prune(database)
    // Two of the three were asked 40 days ago; the young one may still be on its way.
    #expect(report.deletedRows == [.reasons: 2])
    #expect(
      try database.rows("SELECT count(*) FROM updraft_failures WHERE detail = 'kept'") == ["1"])
    #expect(try TestPredictions.count(database, "updraft_failures") == 3)
  }

  @Test func lockedRowsAreLeftForTheNextTimeAndNotWaitedFor() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(10, newest: Self.ago(40), scoredAfter: .zero, in: database)
    let first = try database.with { holder in
      try holder.execute(
        "BEGIN; SELECT FROM predictions ORDER BY score_scored_at LIMIT 4 FOR UPDATE",
        doing: "hold rows")
      return try prune(database)
    }
    #expect(first.deletedRows == [.predictions: 6])
    #expect(first.problems == [])
    #expect(try prune(database).deletedRows == [.predictions: 4])
  }

  @Test func aLockedTableIsAProblemOfThatTableOnly() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(3, newest: Self.ago(40), scoredAfter: .zero, in: database)
    try insertSnapshots(3, newest: Self.ago(11), in: database)
    let report = try database.with { holder in
      try holder.execute(
        "BEGIN; LOCK TABLE model_score_snapshots IN SHARE MODE", doing: "hold a table")
      return try prune(database)
    }
    #expect(report.deletedRows == [.predictions: 3])
    #expect(report.problems.map(\.sqlState) == ["55P03"])
    #expect(report.problems.first?.description.contains("model_score_snapshots") == true)
    #expect(try prune(database).deletedRows == [.snapshots: 3])
  }

  @Test func roundsAreCopiedWhileRowsArePruned() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(5_000, newest: Self.ago(31), scoredAfter: .zero, in: database)
    let test = try TestWriter(database)
    async let pruned = Task.detached { try prune(database) }.value
    var rows = 0
    for second in 0..<50 {
      let at = TestRound.start.advanced(by: .seconds(second))
      test.writer.enqueue(TestRound.make(["1", "2", "3"], at: at))
      rows += await test.nextStored()?.rowCount ?? 0
    }
    #expect(rows == 150)
    #expect(test.writer.statistics.failedTries == 0)
    let report = try await pruned
    #expect(report.deletedRows == [.predictions: 5_000])
    #expect(report.problems == [])
    await test.writer.stop()
    #expect(try TestPredictions.count(database) == 150)
  }

  @Test func twoPruningsAtOnceDeleteEachRowOnce() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(3_000, newest: Self.ago(31), scoredAfter: .zero, in: database)
    async let first = Task.detached { try prune(database) }.value
    async let second = Task.detached { try prune(database) }.value
    let reports = try await [first, second]
    #expect(reports.flatMap(\.problems) == [])
    // A pruning that finds a batch short, since the other one holds rows, leaves them to it.
    _ = try prune(database)
    #expect(try TestPredictions.count(database) == 0)
    #expect(reports.map(\.rowCount).reduce(0, +) <= 3_000)
  }

  @Test func aStoppedPruningEndsAfterTheBatchAndSaysSo() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(1_000, newest: Self.ago(31), scoredAfter: .zero, in: database)
    var batches = 0
    let report = try database.with { connection in
      try retention(connection).prune(
        at: Self.now, isStopped: { batches >= 2 }, onProgress: { _ in batches += 1 })
    }
    #expect(report.wasStopped)
    #expect(report.deletedRows == [.predictions: 400])
    #expect(try TestPredictions.count(database) == 600)
  }

  @Test func aForecastCountsWhatGoesAndChangesNothing() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(450, newest: Self.ago(31), scoredAfter: .zero, in: database)
    try TestPredictions.insert(5, newest: Self.ago(2), scoredAfter: .zero, in: database)
    try insertSnapshots(7, newest: Self.ago(11), in: database)
    let (forecast, bounded) = try database.with {
      (
        try retention($0).forecast(at: Self.now),
        try retention($0).forecast(at: Self.now, rowsMax: 100)
      )
    }
    #expect(forecast.map(\.subject) == ["predictions", "model_score_snapshots", "updraft_rounds"])
    #expect(forecast.map(\.rows) == [450, 7, 0])
    #expect(forecast.map(\.isMore) == [false, false, false])
    #expect(forecast[0].oldest == Self.ago(31).advanced(by: .seconds(-449)))
    // A row here has some 150 bytes of values.
    #expect((50_000...200_000).contains(forecast[0].bytes))
    #expect(forecast[2].oldest == nil)
    #expect(bounded.map(\.rows) == [100, 7, 0])
    #expect(bounded[0].isMore)
    #expect(try TestPredictions.count(database) == 455)
  }

  @Test func aReadOnlyRoleGetsOneClearErrorPerTable() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(3, newest: Self.ago(31), scoredAfter: .zero, in: database)
    let reader = try database.asRole("retention_reader", granted: "SELECT")
    let report = try prune(reader)
    #expect(report.rowCount == 0)
    #expect(report.problems.map(\.code) == [.privileges, .privileges, .privileges])
    let text = report.problems.first?.description ?? ""
    #expect(text.contains("could not prune predictions: permission denied"), "\(text)")
    #expect(text.contains("GRANT"), "\(text)")
    #expect(try reader.with { try retention($0).forecast(at: Self.now) }.first?.rows == 3)
  }

  @Test func withoutTheRightToDeleteReasonsTheyStayUntilSomebodyMay() async throws {
    let database = try await TestDatabase.initialized()
    try TestPredictions.insert(8, newest: Self.ago(40), scoredAfter: .zero, in: database)
    let role = try database.asRole("retention_half", granted: "SELECT, UPDATE")
    try database.execute("GRANT DELETE ON predictions TO retention_half")
    #expect(try prune(role).deletedRows == [.predictions: 8])
    #expect(try TestPredictions.count(database, "updraft_failures") == 2)
    #expect(try prune(database).deletedRows == [.reasons: 2])
  }

  @Test func anEmptyDatabaseHasNothingToPrune() async throws {
    let database = try await TestDatabase.empty()
    #expect(try prune(database) == RetentionReport())
    #expect(try database.with { try retention($0).forecast(at: Self.now) } == [])
  }
}
