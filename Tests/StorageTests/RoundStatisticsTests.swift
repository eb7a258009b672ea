import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(2))) struct RoundStatisticsTests {
  private func record(
    _ id: String, _ status: PredictionStatus, micros: Double = 0, detail: String? = nil,
    wasSent: Bool = true, breaker: BreakerState? = .closed, answer: String? = nil
  ) -> PredictionRecord {
    PredictionRecord(
      modelID: ModelID(id), params: TestRound.params, status: status, execTimeMicros: micros,
      distributions: answer.map { ByteView($0) }, performedAt: TestRound.start, detail: detail,
      wasSent: wasSent, breaker: breaker)
  }

  private func round(_ records: [PredictionRecord], panic: String? = nil) -> RoundRecord {
    RoundRecord(
      params: TestRound.params, performedAt: TestRound.start, wallTime: .milliseconds(12),
      lateBy: .milliseconds(1_500), panic: panic, isMarketClosed: true,
      models: records.map { TestRound.row($0.modelID) }, records: records)
  }

  private var mixed: RoundRecord {
    round(
      [
        record("1", .success, micros: 1_000, answer: "[1]"),
        record("2", .success, micros: 3_000.4, answer: "NaN"),
        record("3", .failed, micros: 2_000, detail: "MODEL_FAILED: boom", breaker: .halfOpen),
        record("4", .timeout, micros: 500_000, detail: "DEADLINE_EXCEEDED: late", breaker: .open),
        record(
          "5", .timeout, detail: "PREEMPTIVE_SKIP: 3 bad calls", wasSent: false, breaker: .open),
        record("a\"b\\", .absent, wasSent: false, breaker: nil),
        record("7", .failed, micros: 70_000_000, detail: "no status in the answer"),
      ], panic: "transport at 6 of 6\nmodels")
  }

  @Test func aStoredRoundHasItsNumbersAndEveryModelsOutcome() async throws {
    let database = try await TestDatabase.initialized()
    _ = try await TestRound.store(mixed, in: database)
    #expect(
      try database.rows(
        """
        SELECT sent, skipped, absent, success, failed, timeout, late_ms, answer_bytes,
          latency_p50_ms, latency_p90_ms, latency_p99_ms, latency_max_ms,
          breakers_closed, breakers_open, breakers_half_open, panic, market_closed
        FROM updraft_rounds
        """)
        == [
          "5|1|1|1|3|2|1500|6|2|70000|70000|70000|3|2|1|transport at 6 of 6 models|t"
        ])
    #expect(
      try database.rows("SELECT key, value FROM updraft_rounds, json_each(models)")
        == [
          #"1|["SUCCESS",1000]"#, #"2|["FAILED",3000,"closed","REFUSED"]"#,
          #"3|["FAILED",2000,"half_open","MODEL_FAILED"]"#,
          #"4|["TIMEOUT",500000,"open","DEADLINE_EXCEEDED"]"#,
          #"5|["TIMEOUT",0,"open","PREEMPTIVE_SKIP"]"#, #"a"b\|["ABSENT"]"#,
          #"7|["FAILED",70000000,"closed","UNKNOWN"]"#,
        ])
  }

  @Test func bucketsHoldEveryAnswerOnceInTheDocumentedLayout() async throws {
    let database = try await TestDatabase.initialized()
    _ = try await TestRound.store(mixed, in: database)
    #expect(
      try database.rows("SELECT latency_buckets FROM updraft_rounds")
        == ["{0,0,0,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,1}"])
  }

  @Test func aRoundWithoutAnswersHasNoPercentiles() async throws {
    let database = try await TestDatabase.initialized()
    _ = try await TestRound.store(round([record("1", .absent, wasSent: false)]), in: database)
    #expect(
      try database.rows(
        "SELECT latency_p50_ms, latency_max_ms, sent, panic FROM updraft_rounds") == ["∅|∅|0|∅"])
  }

  @Test func everyRecordIsSentSkippedOrAbsent() {
    #expect(mixed.sentCount == 5)
    #expect(mixed.skippedCount == 1)
    #expect(mixed.sentCount + mixed.skippedCount + mixed.count(.absent) == mixed.records.count)
    #expect(mixed.breakerCounts == [.closed: 3, .open: 2, .halfOpen: 1])
    #expect(mixed.latencies.count == 4)
  }

  @Test func aThousandModelsFitIntoTenKilobytesOnDisk() async throws {
    let database = try await TestDatabase.initialized()
    var random = SystemRandomNumberGenerator()
    let records = (0..<1_000).map { index in
      record(
        "\(9_000 + index)", .success, micros: Double.random(in: 5e3..<5e5, using: &random),
        answer: "1")
    }
    _ = try await TestRound.store(round(records), in: database)
    let size = try database.rows(
      "SELECT pg_column_size(models) < 10000, length(models::text) < 28000 FROM updraft_rounds")
    #expect(size == ["t|t"])
  }
}
