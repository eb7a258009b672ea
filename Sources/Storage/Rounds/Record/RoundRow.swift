import Competition

/// One row of `updraft_rounds`: a stored round in numbers.
struct RoundRow {
  /// The row's values by column, in the table's order.
  let values: [(column: String, value: PostgresParameter)]

  /// The row of a round whose records have their final form; without `details`, only what version 1
  /// of the table has.
  init(_ prepared: PreparedRound, shard: String, details: Bool, storedAt: UTCTime) {
    let round = prepared.record
    let params = round.params
    let first: [(String, PostgresParameter)] = [
      ("performed_at", .time(round.performedAt)), ("shard", .text(shard)),
      ("asset", .text(params.asset)), ("horizon", .int(params.horizonSeconds)),
      ("step", .int(params.stepSeconds)), ("wall_ms", .double(round.wallTime.inSeconds * 1_000)),
      ("success", .int(prepared.count(.success))), ("failed", .int(prepared.count(.failed))),
      ("timeout", .int(prepared.count(.timeout))), ("absent", .int(prepared.count(.absent))),
      ("stored_at", .time(storedAt)),
    ]
    values = details ? first + Self.details(prepared, round) : first
  }

  /// `INSERT` of the row, unless the round has one already.
  var statement: String {
    let columns = values.map(\.column).joined(separator: ", ")
    let places = values.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
    return """
      INSERT INTO updraft_rounds (\(columns)) VALUES (\(places))
      ON CONFLICT (performed_at, shard) DO NOTHING
      """
  }

  private static func details(
    _ prepared: PreparedRound, _ round: RoundRecord
  ) -> [(String, PostgresParameter)] {
    let breakers = round.breakerCounts
    let times = AnswerTimes(round.records)
    func latency(_ share: Double) -> PostgresParameter {
      times.millis(share: share).map { .double($0) } ?? .null
    }
    let buckets = round.latencies.counts.map(String.init).joined(separator: ",")
    return [
      ("sent", .int(round.sentCount)), ("skipped", .int(round.skippedCount)),
      ("late_ms", .double(round.lateBy.inSeconds * 1_000)),
      ("answer_bytes", .int(prepared.answerBytes)),
      ("latency_p50_ms", latency(0.5)),
      ("latency_p90_ms", latency(0.9)),
      ("latency_p99_ms", latency(0.99)),
      ("latency_max_ms", latency(1)), ("latency_buckets", .text("{\(buckets)}")),
      ("breakers_closed", .int(breakers[.closed] ?? 0)),
      ("breakers_open", .int(breakers[.open] ?? 0)),
      ("breakers_half_open", .int(breakers[.halfOpen] ?? 0)),
      ("panic", round.panic.map { .text($0.oneLine.limited(toBytes: 2_000)) } ?? .null),
      ("market_closed", .bool(round.isMarketClosed)),
      ("models", .json(ModelOutcomes(prepared).json)),
    ]
  }
}
