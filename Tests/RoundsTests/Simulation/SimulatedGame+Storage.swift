import Competition
import Rounds

/// What the simulated storage has of a round that is open.
struct OpenSimulatedRound {
  let opening: RoundOpening
  var arrived: [ModelID: PredictionOutcome] = [:]
}

extension SimulatedGame {
  /// Who a round that opens now must call.
  var callable: Set<ModelID> {
    Set(
      models.compactMap { id, model in
        guard let running = model.running, known.contains(id),
          running.connection == model.tickedConnection
        else { return nil }
        return id
      })
  }

  /// Accepts or refuses a round, and checks it first.
  mutating func open(_ opening: RoundOpening) -> Bool {
    let ids = opening.entries.map(\.modelID)
    if Set(ids) != rosterAtOpening || ids.count != rosterAtOpening.count {
      fail("a round has \(ids), the roster is \(rosterAtOpening)")
    }
    if Set(opening.calledModels) != expectedCalled { fail("wrong models are to be called") }
    if openRound != nil { fail("two rounds are open") }
    if let newestPerformedAt, opening.performedAt <= newestPerformedAt {
      fail("performed_at repeats")
    }
    if opening.performedAt != opening.performedAt.truncatedToMilliseconds {
      fail("not in whole ms")
    }
    newestPerformedAt = opening.performedAt
    guard !chance(0.05) else { return false }
    for row in opening.models { rows[row.modelID] = row }
    for id in ids where rows[id] == nil { fail("\(id) has no row") }
    for id in ids {
      if let deployment = deploymentsAtOpening[id], rows[id]?.deploymentID != deployment {
        fail("the row of \(id) is not up to date")
      }
    }
    openRound = OpenSimulatedRound(opening: opening)
    return true
  }

  /// Takes outcomes of the round that is open.
  mutating func arrived(_ outcomes: [PredictionOutcome]) {
    guard !isCrashed else { return }
    let called = Set(openRound?.opening.calledModels ?? [])
    if openRound == nil { fail("outcomes without a round") }
    for outcome in outcomes {
      if !called.contains(outcome.modelID) { fail("an outcome of \(outcome.modelID)") }
      if openRound?.arrived.updateValue(outcome, forKey: outcome.modelID) != nil {
        fail("two outcomes of \(outcome.modelID)")
      }
    }
  }

  /// Checks the round's records against its opening and what arrived.
  mutating func close(_ round: RoundRecord) {
    guard !isCrashed, let open = openRound else { return }
    openRound = nil
    if round.performedAt != open.opening.performedAt { fail("another round is closed") }
    if round.records.map(\.modelID) != open.opening.entries.map(\.modelID) {
      fail("the records are not the roster's")
    }
    for (record, entry) in zip(round.records, open.opening.entries) {
      if (record.status == .absent) == entry.isCalled { fail("wrong ABSENT records") }
      if !ids.insert(record.id).inserted { fail("\(record.id) repeats") }
      if let outcome = open.arrived[record.modelID],
        record.status != PredictionStatus(outcome.status)
      {
        fail("the record of \(record.modelID) is not what arrived")
      }
      if (record.status == .success) != (record.detail == nil), record.status != .absent {
        fail("\(record.status) with detail \(record.detail ?? "none")")
      }
    }
    keptRounds += 1
  }

  // MARK: Crashes

  /// The worker dies: nothing of it reaches the world any more.
  mutating func crash() {
    isCrashed = true
    crashCount += 1
  }

  /// A new worker starts in the same world: what was open is finished from what has arrived, and
  /// every model has a new connection.
  mutating func restart() {
    isCrashed = false
    if let open = openRound {
      for entry in open.opening.entries {
        let record = PredictionRecord(
          modelID: entry.modelID, params: open.opening.params,
          status: !entry.isCalled
            ? .absent : open.arrived[entry.modelID].map { PredictionStatus($0.status) } ?? .failed,
          execTimeMicros: 0, distributions: nil, performedAt: open.opening.performedAt, detail: nil)
        if !ids.insert(record.id).inserted { fail("\(record.id) repeats") }
        if open.arrived[entry.modelID] != nil, !entry.isCalled { fail("an absent model answered") }
      }
      if open.arrived.keys.contains(where: { id in
        !open.opening.entries.contains { $0.modelID == id }
      }) {
        fail("an answer has no place in the roster")
      }
      recoveredRounds += 1
    }
    openRound = nil
    known = Set(rows.keys)
    for (id, model) in models {
      guard let running = model.running else { continue }
      connect(id, deployment: running.description.deploymentID)
    }
    (visible, updatedAssets, turnTakenAt, groupsSinceTick) = ([:], [], [:], [])
    (newestTickClosedAt, cutAt, expectedCalled, callCount) = (nil, nil, nil, 0)
  }
}
