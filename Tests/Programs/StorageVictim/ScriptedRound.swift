import Competition
import Glibc
import Resilience

/// A round that follows from a seed and its key alone: who plays it and who looks for it in the
/// database know the same roster, outcomes and bytes.
struct ScriptedRound {
  /// Which round: the life of the program that plays it, and its number in there.
  struct Key: Hashable, Comparable, CustomStringConvertible {
    let life: Int
    let number: Int

    /// Rounds of one life; their seconds of `performedAt` don't reach the next life's.
    static let numberMax = 1_000
    private static let start = UTCTime(microsecondsSinceEpoch: 1_795_345_314_820_000)

    init(life: Int, number: Int) {
      precondition((0..<Self.numberMax).contains(number), "too many rounds in a life")
      self.life = life
      self.number = number
    }

    init(_ performedAt: UTCTime) {
      let seconds = Int(performedAt.since(Self.start).components.seconds)
      self.init(life: seconds / Self.numberMax, number: seconds % Self.numberMax)
    }

    var performedAt: UTCTime {
      Self.start.advanced(by: .seconds(life * Self.numberMax + number))
    }

    static func < (left: Key, right: Key) -> Bool {
      (left.life, left.number) < (right.life, right.number)
    }

    var description: String { "\(life)-\(number)" }
  }

  /// What one model of the roster does.
  enum Outcome: Hashable {
    /// It isn't called.
    case absent
    /// It answers this JSON text.
    case answers(String)
    /// It answers bytes that no JSON column takes.
    case refused([UInt8])
    /// It fails, and says so.
    case fails
    /// Its call ends at the deadline, and storage is told at once.
    case timesOut
    /// Nothing is heard of it until the round is closed.
    case isSilent
  }

  static let params = PredictionParams(asset: "BTC", horizonSeconds: 3_600, stepSeconds: 60)
  private static let answerBytes = 10.0...200_000.0

  let key: Key
  /// Shape: [rosterCount].
  let outcomes: [Outcome]
  /// The places of the roster in the order in which they are heard of, in batches.
  let batches: [[Int]]
  /// How long is waited before each batch, and before the end. Shape: [batchCount + 1].
  let pauses: [Duration]

  init(_ key: Key, seed: UInt64) {
    self.key = key
    var dice = SplitMix64(seed: seed)
    for part in [key.life, key.number] { dice = SplitMix64(seed: dice.next() ^ UInt64(part)) }
    let count = Int.random(in: 2...7, using: &dice)
    let outcomes = (0..<count).map { Self.outcome(of: $0, in: key, &dice) }
    var batches: [[Int]] = [[]]
    for index in outcomes.indices.shuffled(using: &dice) {
      if [.absent, .isSilent].contains(outcomes[index]) { continue }
      if Int.random(in: 0..<100, using: &dice) < 40 { batches.append([]) }
      batches[batches.count - 1].append(index)
    }
    self.outcomes = outcomes
    self.batches = batches.filter { !$0.isEmpty }
    pauses = (0...self.batches.count).map { _ in
      .microseconds(Int.random(in: 0...6_000, using: &dice))
    }
  }

  private static func outcome(of index: Int, in key: Key, _ dice: inout SplitMix64) -> Outcome {
    let serial = "\(key)-\(index)"
    switch Int.random(in: 0..<100, using: &dice) {
    case 0..<10: return .absent
    case 10..<18: return .isSilent
    case 18..<24: return .timesOut
    case 24..<30: return .fails
    case 30..<34: return .refused(Array(#"{"serial":"\#(serial)","#.utf8))
    case 34..<37: return .refused(Array(#"["\#(serial)",NaN]"#.utf8))
    case 37..<40: return .refused(Array(#"["\#(serial)",""#.utf8) + [0xFF] + Array(#""]"#.utf8))
    default: return .answers(json(serial, &dice))
    }
  }

  /// JSON of a length whose logarithm is evenly spread, with spaces and letters that only the very
  /// same bytes have.
  private static func json(_ serial: String, _ dice: inout SplitMix64) -> String {
    let logarithms = log(answerBytes.lowerBound)...log(answerBytes.upperBound)
    let bytes = Int(exp(Double.random(in: logarithms, using: &dice)))
    guard bytes > 40 else { return #""\#(serial)""# }
    let letter = ["x", "y", "é", "e\u{301}", #"\u00e9"#].randomElement(using: &dice) ?? "x"
    let fill = String(repeating: letter, count: (bytes - 30) / letter.utf8.count)
    return #"{ "serial":"\#(serial)",  "fill":"\#(fill)" }"#
  }

  // MARK: What is handed over

  func modelID(_ index: Int) -> ModelID { ModelID("v\(index)") }

  var opening: RoundOpening {
    RoundOpening(
      params: Self.params, performedAt: key.performedAt, timeout: .seconds(2),
      models: outcomes.indices.map { index in
        ModelRow(
          modelID: modelID(index), name: "model \(index)", deploymentID: "d\(index)",
          playerID: "p\(index)", playerName: "player \(index)")
      },
      entries: outcomes.enumerated().map { index, outcome in
        RoundOpening.Entry(modelID: modelID(index), isCalled: outcome != .absent)
      })
  }

  /// What is heard in the batch of that number.
  func batch(_ number: Int) -> [PredictionOutcome] { batches[number].map(predictionOutcome) }

  private func predictionOutcome(_ index: Int) -> PredictionOutcome {
    PredictionOutcome(
      modelID: modelID(index), status: callStatus(index), value: value(index),
      execTimeMicros: 1_234.5, detail: detail(index))
  }

  /// The closed round.
  var record: RoundRecord {
    let records = outcomes.indices.map { index in
      PredictionRecord(
        modelID: modelID(index), params: Self.params,
        status: outcomes[index] == .absent ? .absent : PredictionStatus(callStatus(index)),
        execTimeMicros: 1_234.5, distributions: value(index), performedAt: key.performedAt,
        detail: detail(index), wasSent: true,
        breaker: outcomes[index] == .absent ? nil : .closed)
    }
    return RoundRecord(
      params: Self.params, performedAt: key.performedAt, wallTime: .milliseconds(20),
      models: opening.models, records: records)
  }

  private func callStatus(_ index: Int) -> CallStatus {
    switch outcomes[index] {
    case .answers, .refused: .success
    case .fails: .failed
    case .absent, .timesOut, .isSilent: .timeout
    }
  }

  private func value(_ index: Int) -> ByteView? {
    switch outcomes[index] {
    case .answers(let text): ByteView(text)
    case .refused(let bytes): ByteView(copying: bytes)
    case .absent, .fails, .timesOut, .isSilent: nil
    }
  }

  /// Why the model's outcome is no success; nil when the call doesn't say.
  func detail(_ index: Int) -> String? {
    switch outcomes[index] {
    case .answers, .refused, .absent: nil
    case .fails: "MODEL_ERROR: \(key)-\(index)"
    case .timesOut, .isSilent: "DEADLINE_EXCEEDED: \(key)-\(index)"
    }
  }
}
