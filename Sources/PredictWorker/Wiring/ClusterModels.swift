import Competition
import Logging
import ModelRunner
import Rounds

/// The models as the game loop sees them: `ModelRunner`'s cluster behind the loop's port.
final class ClusterModels: ModelPort {
  private let cluster: ModelCluster
  private let logger: Logger
  private let cut = DeadlineCut()

  init(_ cluster: ModelCluster, logger: Logger) {
    self.cluster = cluster
    self.logger = logger
  }

  func runningModels() async -> [RunningModel] {
    await cluster.models().map { RunningModel($0.description, connection: $0.connection) }
  }

  func call(_ call: ModelCall) async -> ModelAnswers {
    let (content, selection) = encode(call)
    let timeout = max(.zero, call.deadline.since(.now()))
    let tap = call.onOutcomes.map(Self.tap)
    let round = await cut.run { [cluster] in
      await cluster.call(content, on: selection, timeout: timeout, onResults: tap)
    }
    let outcomes = round.results.map { PredictionOutcome($0, knowsBreaker: true) }
    passUnstorable(outcomes, of: round)
    return ModelAnswers(outcomes, panic: round.panic)
  }

  /// Hands results on as outcomes.
  private static func tap(
    _ onOutcomes: @escaping @Sendable ([PredictionOutcome]) -> Void
  ) -> ResultTap {
    { results in onOutcomes(results.map { PredictionOutcome($0, knowsBreaker: false) }) }
  }

  func shortenDeadlines(to instant: MonotonicInstant) { cut.shorten(to: instant) }

  /// Answers that have no form in the database are useless whatever storage says of the others.
  private func passUnstorable(_ outcomes: [PredictionOutcome], of round: CallRound) {
    var refused: Set<ModelID> = []
    for (outcome, result) in zip(outcomes, round.results) where outcome.status != result.status {
      refused.insert(outcome.modelID)
    }
    guard !refused.isEmpty else { return }
    let others = Set(round.results.map(\.model.modelID)).subtracting(refused)
    cluster.answersWereJudged(refused: refused, unjudged: others)
  }

  /// Encodes each group's arguments once; models of one group share the bytes.
  private func encode(_ call: ModelCall) -> (CallContent, ModelSelection) {
    var byModel: [ModelID: EncodedCall] = [:]
    var shared: EncodedCall?
    for group in call.groups {
      do {
        let encoded = try EncodedCall(call.method, group.arguments)
        shared = encoded
        for model in group.models { byModel[model] = encoded }
      } catch {
        logger.error("not sent", metadata: ["method": "\(call.method)", "reason": "\(error)"])
      }
    }
    let selection = ModelSelection.only(Set(byModel.keys))
    if call.groups.count == 1, let shared { return (.shared(shared), selection) }
    let calls = byModel
    return (.perModel { calls[$0.modelID] }, selection)
  }
}

extension PredictionOutcome {
  /// The outcome of a call; a value that cannot be written as JSON is the model's failure.
  ///
  /// What a breaker does next is known at the end of the round only.
  fileprivate init(_ result: CallResult, knowsBreaker: Bool) {
    var status = result.status
    var detail = result.detail
    var value: ByteView?
    if status == .success, let returned = result.value {
      do {
        value = try returned.jsonText()
      } catch {
        status = .failed
        detail = "UNSTORABLE: \(error)"
      }
    }
    self.init(
      modelID: result.model.modelID, status: status, value: value,
      execTimeMicros: result.execTimeMicros, detail: detail, wasSent: result.wasSent,
      breaker: knowsBreaker ? result.breaker : nil)
  }
}
