import Competition
import Testing

@testable import Storage

/// A writer on a spool of its own, and rounds whose answers can be told apart.
struct SpooledWriter {
  let database: TestDatabase
  let spool: SpoolFixture
  let test: TestWriter

  var writer: RoundWriter { test.writer }

  init(
    _ database: TestDatabase, _ spool: SpoolFixture, bytesMax: Int = 1 << 30,
    change: (inout RoundWriterOptions) -> Void = { _ in }
  ) throws {
    var options = RoundWriterOptions()
    options.crunchID = SpoolFixture.crunchID
    options.spool = spool.options(bytesMax: bytesMax)
    change(&options)
    self.database = database
    self.spool = spool
    test = try TestWriter(database, options: options)
  }

  static func make(
    bytesMax: Int = 1 << 30, change: (inout RoundWriterOptions) -> Void = { _ in }
  ) async throws -> SpooledWriter {
    try SpooledWriter(
      try await TestDatabase.initialized(), try SpoolFixture(), bytesMax: bytesMax, change: change)
  }

  /// The numbers of a round that took a while; every breaker is closed.
  static func closed(_ opening: RoundOpening, _ answers: [String: String]) -> RoundRecord {
    let records = opening.entries.map { entry in
      let answer = answers[entry.modelID.rawValue]
      return PredictionRecord(
        modelID: entry.modelID, params: opening.params,
        status: !entry.isCalled ? .absent : answer == nil ? .timeout : .success,
        execTimeMicros: entry.isCalled ? 1_234.5 : 0, distributions: answer.map { ByteView($0) },
        performedAt: opening.performedAt,
        detail: entry.isCalled && answer == nil ? "DEADLINE_EXCEEDED: late" : nil, wasSent: true,
        breaker: entry.isCalled ? .closed : nil)
    }
    return RoundRecord(
      params: opening.params, performedAt: opening.performedAt, wallTime: .seconds(1),
      models: opening.models, records: records)
  }

  /// Opens a round of `m0`…, answers for all of them but the last, and closes it.
  func play(second: Int, models: Int = 3, bytes: Int = 10) throws -> Bool {
    let at = TestRound.start.advanced(by: .seconds(second))
    let ids = (0..<models).map { "m\($0)" }
    let opening = TestRound.opening(ids, absent: ["z"], at: at)
    guard let round = writer.open(opening) else { return false }
    let answers = Dictionary(
      uniqueKeysWithValues: ids.dropLast().map { ($0, Self.answer($0, bytes: bytes)) })
    round.arrived(answers.sorted { $0.key < $1.key }.map { TestRound.outcome($0, $1) })
    return round.close(Self.closed(opening, answers))
  }

  static func answer(_ id: String, bytes: Int) -> String {
    "\"\(id)" + String(repeating: "x", count: bytes) + "\""
  }

  /// The rows, as `model|status|first letters of the answer`.
  func rows() throws -> [String] {
    try database.rows(
      """
      SELECT model_id, status, left(distributions::text, 6) FROM predictions
      ORDER BY performed_at, model_id COLLATE "C"
      """)
  }
}
