import Competition
import Rounds
import Testing

private let params = PredictionParams(asset: "BTC", horizonSeconds: 3_600, stepSeconds: 60)
private let performedAt = UTCTime(secondsSinceEpoch: 1_800_000_000)
private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

private func openRound(called: [String], absent: [String] = []) -> PredictRound {
  let entries =
    called.map { RoundOpening.Entry(modelID: ModelID($0), isCalled: true) }
    + absent.map { RoundOpening.Entry(modelID: ModelID($0), isCalled: false) }
  return PredictRound(
    RoundOpening(
      params: params, performedAt: performedAt, timeout: .seconds(60), models: [],
      entries: entries), at: start)
}

private func outcome(
  _ id: String, _ status: CallStatus = .success, _ value: String? = "[1]", detail: String? = nil
) -> PredictionOutcome {
  PredictionOutcome(
    modelID: ModelID(id), status: status, value: value.map { ByteView($0) }, execTimeMicros: 7,
    detail: detail)
}

@Test func everyRosteredModelGetsOneRecordInTheRostersOrder() {
  var round = openRound(called: ["a", "b", "c"], absent: ["d"])
  #expect(round.take(outcome("c", .failed, nil, detail: "MODEL_FAILED: x")) == .accepted)
  #expect(!round.isComplete)
  #expect(round.take(outcome("a")) == .accepted)
  let record = round.close(at: start.advanced(by: .seconds(2)))
  #expect(record.records.map(\.modelID.rawValue) == ["a", "b", "c", "d"])
  #expect(record.records.map(\.status) == [.success, .timeout, .failed, .absent])
  #expect(record.records[0].distributions?.lossyText == "[1]")
  #expect(record.records[0].detail == nil)
  #expect(record.records[1].execTimeMicros == 2e6)
  #expect(record.records[1].detail?.hasPrefix("DEADLINE_EXCEEDED") == true)
  #expect(record.records[2].detail == "MODEL_FAILED: x")
  #expect(record.records[3].detail == nil && record.records[3].execTimeMicros == 0)
  #expect(record.wallTime == .seconds(2))
}

@Test func doubledForeignAndLateOutcomesChangeNothing() {
  var round = openRound(called: ["a", "b"], absent: ["c"])
  #expect(round.take(outcome("a", .timeout, nil, detail: "first")) == .accepted)
  #expect(round.take(outcome("a")) == .doubled)
  #expect(round.take(outcome("c")) == .notCalled)
  #expect(round.take(outcome("stranger")) == .notCalled)
  #expect(round.take(outcome("b")) == .accepted)
  #expect(round.isComplete)
  let record = round.close(at: start)
  #expect(round.take(outcome("a")) == .late)
  #expect(record.records.map(\.status) == [.timeout, .success, .absent])
  #expect(record.records[0].detail == "first")
}

@Test func aStoppedRoundSaysSoInEveryMissingRecord() {
  var round = openRound(called: ["a"])
  let record = round.close(at: start, .stopped)
  #expect(record.records.map(\.status) == [.timeout])
  #expect(record.records[0].detail?.hasPrefix("CANCELLED") == true)
}

@Test func valuesOfFailuresAreDroppedAndFailuresAlwaysHaveADetail() {
  var round = openRound(called: ["a"])
  round.take(outcome("a", .failed, "[1]"))
  let record = round.close(at: start)
  #expect(record.records[0].distributions == nil)
  #expect(record.records[0].detail != nil)
}

@Test func whatTheEndOfTheCallKnowsOfABreakerIsAddedToAnOutcomeThatIsThere() {
  var round = openRound(called: ["a", "b"])
  round.take(outcome("a"))
  var late = outcome("a", .failed, nil, detail: "late")
  late.breaker = .halfOpen
  var other = outcome("b")
  other.breaker = .closed
  let new = round.take(ModelAnswers([late, other], panic: "nobody's fault"))
  #expect(new.map(\.modelID.rawValue) == ["b"])
  let record = round.close(at: start)
  #expect(record.records.map(\.status) == [.success, .success])
  #expect(record.records.map(\.breaker) == [.halfOpen, .closed])
  #expect(record.panic == "nobody's fault")
}
