import Competition

/// An answer's bytes: in memory, in the spool, or in both.
struct AnswerBytes: Sendable {
  /// The answer's length.
  let count: Int
  /// The bytes; nil when they are only in the spool.
  var memory: ByteView?
  /// Where they lie in the round's segment; nil when they are only in memory.
  var location: SpoolLocation?

  /// Bytes in memory.
  init(_ bytes: ByteView) {
    count = bytes.count
    memory = bytes
  }

  /// Bytes that are in the spool only.
  init(count: Int, at location: SpoolLocation) {
    self.count = count
    self.location = location
  }

  /// The bytes that it takes in memory now.
  var heldBytes: Int { memory == nil ? 0 : count }
}

/// How the call of one rostered model ended, on its way into the tables.
struct Arrival: Sendable {
  /// The model's place in the roster.
  let index: Int
  /// How the call ended.
  let status: PredictionStatus
  /// Microseconds that the model took.
  let execTimeMicros: Double
  /// Whether a request left for the model.
  let wasSent: Bool
  /// Why it is no success; nil for SUCCESS and ABSENT.
  let detail: String?
  /// The answer of a success; nil when it has none, which is stored as `null`.
  var answer: AnswerBytes?

  /// An outcome that arrived while the round was open.
  init(_ outcome: PredictionOutcome, at index: Int) {
    let isSuccess = outcome.status == .success
    self.index = index
    status = PredictionStatus(outcome.status)
    execTimeMicros = outcome.execTimeMicros
    wasSent = outcome.wasSent
    detail = isSuccess ? nil : outcome.detail ?? "UNKNOWN: no detail was given"
    answer = isSuccess ? outcome.value.map { AnswerBytes($0) } : nil
  }

  /// What a closed round says of a model of which nothing had arrived before.
  init(_ record: PredictionRecord, at index: Int) {
    let isSuccess = record.status == .success
    self.index = index
    status = record.status
    execTimeMicros = record.execTimeMicros
    wasSent = record.wasSent
    detail = isSuccess ? nil : record.detail
    answer = isSuccess ? record.distributions.map { AnswerBytes($0) } : nil
  }

  /// The same for the spool.
  var spooled: SpooledAnswer {
    SpooledAnswer(
      index: index, status: status, execTimeMicros: execTimeMicros, wasSent: wasSent,
      detail: detail, value: answer?.memory)
  }
}

/// The end of a round, with the moment at which storage was told.
struct RoundEnd: Sendable {
  let closing: RoundClosing
  let at: MonotonicInstant
  /// When the spool had all of the round; nil as long as it hasn't.
  var keptAt: MonotonicInstant?
}
