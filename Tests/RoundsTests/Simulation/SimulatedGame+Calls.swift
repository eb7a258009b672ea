import Competition
import Rounds

extension SimulatedGame {
  /// Answers a call as faulty models do, and checks what was sent.
  mutating func answer(_ call: ModelCall) -> [PredictionOutcome] {
    callCount += 1
    let openedAt = now
    let ids = call.groups.flatMap(\.models)
    if Set(ids).count != ids.count { fail("\(call.method) calls a model twice") }
    if call.deadline != openedAt.advanced(by: Self.timeout) { fail("wrong deadline") }
    if call.method == "predict" { checkPredict(call, Set(ids)) }
    var outcomes: [PredictionOutcome] = []
    var sent: [ModelID: [(asset: String, seconds: [Int64])]] = [:]
    for group in call.groups {
      let prices = call.method == "tick" ? readTick(group) : []
      for id in group.models {
        if call.method == "tick" {
          known.insert(id)
          let connection = models[id]?.running?.connection
          models[id]?.tickedConnection = connection
        }
        sent[id] = prices
        outcomes += answer(id)
      }
    }
    if chance(0.02) { outcomes.append(outcome(ModelID("stranger"), .success)) }
    outcomes.shuffle(using: &random)
    var answered: Set<ModelID> = []
    for outcome in outcomes where answered.insert(outcome.modelID).inserted {
      guard call.method == "tick", outcome.status == .success else { continue }
      if let prices = sent[outcome.modelID] { acknowledge(outcome.modelID, prices) }
    }
    return outcomes
  }

  /// When the call that opens now will end by itself: at once, at its deadline or, when the machine
  /// stalls, far later.
  mutating func endOfCall(_ deadline: MonotonicInstant) -> MonotonicInstant {
    let length = chance(0.2) ? Self.timeout.milliseconds : Int64.random(in: 1...500, using: &random)
    return min(deadline, now.advanced(by: .milliseconds(length)))
  }

  /// Ends the call, cut short when a stop was requested; a stall can't be cut.
  mutating func finishCall(at end: MonotonicInstant) {
    advance(to: min(end, cutAt ?? end))
    stalledFor = .zero
    if chance(0.01) {
      stalledFor = .seconds(Int64.random(in: 10...300, using: &random))
      advance(to: now.advanced(by: stalledFor))
    }
    if chance(0.3) { disturb() }
  }

  /// A success, a fault, nothing at all, or, against the rules, two outcomes.
  private mutating func answer(_ id: ModelID) -> [PredictionOutcome] {
    let draw = Double.random(in: 0..<1, using: &random)
    if draw < 0.08 { return [outcome(id, .timeout)] }
    if draw < 0.16 { return [outcome(id, .failed)] }
    if draw < 0.20 { return [] }
    let success = outcome(id, .success)
    return draw < 0.23 ? [success, outcome(id, .failed)] : [success]
  }

  private func outcome(_ id: ModelID, _ status: CallStatus) -> PredictionOutcome {
    PredictionOutcome(
      modelID: id, status: status, value: status == .success ? ByteView("[]") : nil,
      execTimeMicros: 5, detail: status == .success ? nil : "MODEL: faulty")
  }

  private mutating func readTick(_ group: CallGroup) -> [(asset: String, seconds: [Int64])] {
    guard group.arguments.count == 1, case .json(let text)? = group.arguments.first?.value,
      let sent = TickText.parse(text)
    else {
      fail("a tick that can't be read")
      return []
    }
    return sent
  }

  /// Each price exactly once, in order, and nothing left out.
  private mutating func acknowledge(
    _ id: ModelID, _ sent: [(asset: String, seconds: [Int64])]
  ) {
    for (asset, seconds) in sent {
      let all = prices[asset] ?? []
      let start = models[id]?.acknowledged[asset] ?? 0
      let expected = all[min(start, all.count)..<(visible[asset] ?? 0)]
      if !expected.elementsEqual(seconds) {
        fail("\(id) was sent \(seconds) of \(asset) instead of \(Array(expected))")
      }
      models[id]?.acknowledged[asset] = visible[asset] ?? 0
    }
    for asset in updatedAssets {
      let seen = models[id]?.acknowledged[asset] ?? 0
      if seen != visible[asset] ?? 0 { fail("\(id) has \(seen) prices of \(asset) after its tick") }
    }
  }

  private mutating func checkPredict(_ call: ModelCall, _ called: Set<ModelID>) {
    if called != expectedCalled {
      fail("called \(called.sorted()), expected \(expectedCalled?.sorted() ?? [])")
    }
    guard call.groups.count == 1, call.groups[0].arguments.count == 3,
      case .int(let horizon) = call.groups[0].arguments[1].value
    else {
      fail("predict has wrong arguments")
      return
    }
    if !groupsSinceTick.insert("\(horizon)").inserted { fail("two rounds of a group in a tick") }
  }

  /// After a round is taken, its group's next turn lies in the future: nothing is ever caught up.
  mutating func observe(_ event: GameEvent) {
    switch event {
    case .tickClosed:
      groupsSinceTick = []
      newestTickClosedAt = now
    case .roundClosed(let round):
      let dueAt = now.advanced(by: .zero - round.wallTime - round.lateBy)
      let horizon = round.params.horizonSeconds
      if let takenAt = turnTakenAt[horizon], dueAt <= takenAt { fail("a missed turn is caught up") }
      turnTakenAt[horizon] = newestTickClosedAt
    default: break
    }
  }
}
