import Competition

/// What came of one predict call.
struct TryAnswer: Hashable, Sendable {
  /// Which round, from 1.
  let round: Int
  /// What was asked.
  let params: PredictionParams
  /// When it was asked, in the time of the market.
  let askedAt: UTCTime
  /// What the row in `predictions` would say.
  let status: CallStatus
  /// From the request's first byte to the answer's last.
  let time: Duration
  /// What is wrong with it, also of a stored answer that can't be scored; nil when all is well.
  let problem: String?
  /// The score; nil when there is none.
  let score: Double?
  /// The score of the baseline for the same question; nil when there is none.
  let baseline: Double?
}

/// What came of a `tick`.
struct TryTick: Hashable, Sendable {
  /// Which round, from 1.
  let round: Int
  /// The prices in it, all assets together.
  let priceCount: Int
  /// Old prices that were left out, since a call has at most 64 MiB.
  let omittedPriceCount: Int
  /// From the request's first byte to the answer's last.
  let time: Duration
  /// What went wrong; nil when all is well.
  let problem: String?
}

/// All that a try saw.
struct TryResult: Sendable {
  /// From the begin until the model could be called.
  var startTime = Duration.zero
  /// Its ticks, in order.
  var ticks: [TryTick] = []
  /// Its answers, in order.
  var answers: [TryAnswer] = []
  /// Why it was ended early; nil when everything was asked.
  var failure: TryFailure?
  /// What the model wrote.
  var output = TryOutput(log: "")

  /// The model's own words about what went wrong; none when all is well.
  var explanation: [[String]] {
    isGood ? [] : output.explanation(showsEnd: failure != nil)
  }

  /// Whether a coordinator would have nothing to object to.
  var isGood: Bool {
    failure == nil && ticks.allSatisfy { $0.problem == nil }
      && answers.allSatisfy { $0.problem == nil }
  }
}
