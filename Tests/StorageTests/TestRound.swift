import Competition
import Testing

@testable import Storage

/// A round of made-up models.
enum TestRound {
  static let params = PredictionParams(asset: "BTC", horizonSeconds: 3_600, stepSeconds: 60)
  static let start = UTCTime(microsecondsSinceEpoch: 1_795_345_314_820_000)

  /// A successful round with one answer a model; the models are `m0`, `m1`, …
  static func make(
    _ answers: [String], at performedAt: UTCTime = start, withModels: Bool = true
  ) -> RoundRecord {
    make(bytes: answers.map { ByteView($0) }, at: performedAt, withModels: withModels)
  }

  /// The same with bytes that need not be text.
  static func make(
    bytes answers: [ByteView], at performedAt: UTCTime = start, withModels: Bool = true
  ) -> RoundRecord {
    let records = answers.enumerated().map { index, answer in
      record("m\(index)", .success, answer: answer, at: performedAt)
    }
    return make(records, at: performedAt, models: withModels ? records.map(\.modelID) : [])
  }

  static func make(
    _ records: [PredictionRecord], at performedAt: UTCTime = start, models: [ModelID]
  ) -> RoundRecord {
    RoundRecord(
      params: params, performedAt: performedAt, wallTime: .milliseconds(12),
      models: models.map(row), records: records)
  }

  static func record(
    _ id: String, _ status: PredictionStatus, answer: ByteView? = nil, detail: String? = nil,
    at performedAt: UTCTime = start
  ) -> PredictionRecord {
    PredictionRecord(
      modelID: ModelID(id), params: params, status: status, execTimeMicros: 1_234.5,
      distributions: answer, performedAt: performedAt, detail: detail)
  }

  /// A round that opens with these models, all of them called but those in `absent`.
  static func opening(
    _ ids: [String], absent: [String] = [], at performedAt: UTCTime = start,
    timeout: Duration = .seconds(60)
  ) -> RoundOpening {
    RoundOpening(
      params: params, performedAt: performedAt, timeout: timeout,
      models: (ids + absent).map { row(ModelID($0)) },
      entries: ids.map { RoundOpening.Entry(modelID: ModelID($0), isCalled: true) }
        + absent.map { RoundOpening.Entry(modelID: ModelID($0), isCalled: false) })
  }

  /// A closed round on its way into the tables.
  static func prepared(_ round: RoundRecord) -> PreparedRound {
    let entries = round.records.map {
      RoundOpening.Entry(modelID: $0.modelID, isCalled: $0.status != .absent)
    }
    var prepared = PreparedRound(
      RoundOpening(
        params: round.params, performedAt: round.performedAt, timeout: round.wallTime,
        models: round.models, entries: entries), memory: nil)
    let closing = RoundClosing(
      wallTime: round.wallTime, panic: round.panic, breakers: round.records.map(\.breaker))
    _ = prepared.take(
      RoundNews(
        arrivals: round.records.enumerated().map { Arrival($1, at: $0) },
        end: RoundEnd(closing: closing, at: .now())))
    return prepared
  }

  /// An answer that arrived.
  static func outcome(_ id: String, _ answer: String) -> PredictionOutcome {
    PredictionOutcome(
      modelID: ModelID(id), status: .success, value: ByteView(answer), execTimeMicros: 1_234.5,
      detail: nil)
  }

  static func row(_ id: ModelID) -> ModelRow {
    ModelRow(
      modelID: id, name: "name of \(id)", deploymentID: "d-\(id)", playerID: "p-\(id)",
      playerName: "player \(id)")
  }

  /// Stores `round` with a writer of its own and returns what it reports.
  static func store(
    _ round: RoundRecord, in database: TestDatabase,
    options: RoundWriterOptions = RoundWriterOptions()
  ) async throws -> StoredRound {
    let test = try TestWriter(database, options: options)
    test.writer.enqueue(round)
    let stored = await test.nextStored()
    #expect(await test.writer.stop() == RoundsLeft(spooled: 0, lost: 0))
    return try #require(stored)
  }
}

/// A writer and the stream of its commits.
final class TestWriter {
  let writer: RoundWriter
  private var stored: AsyncStream<StoredRound>.Iterator

  init(_ database: TestDatabase, options: RoundWriterOptions = RoundWriterOptions()) throws {
    let (stream, continuation) = AsyncStream.makeStream(of: StoredRound.self)
    stored = stream.makeAsyncIterator()
    writer = try RoundWriter(database.configuration, options: options, logger: .silent) {
      continuation.yield($0)
    }
  }

  /// Waits until `condition` holds of the writer's statistics.
  func wait(
    _ what: String, until condition: (RoundWriterStatistics) -> Bool
  ) async throws {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(30))
    while !condition(writer.statistics) {
      try #require(
        MonotonicInstant.now() < deadline, "waited in vain until \(what): \(writer.statistics)")
      await Task.yield()
    }
  }

  /// The next committed round; the suite's time limit bounds the wait.
  func nextStored() async -> StoredRound? { await stored.next() }
}
