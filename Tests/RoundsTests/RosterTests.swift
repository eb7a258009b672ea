import Competition
import Rounds
import Testing

private func instant(_ seconds: Int) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: UInt64(seconds) * 1_000_000_000)
}

private func running(
  _ id: String, deployment: String = "d1", connection: UInt64 = 1, name: String? = nil
) -> RunningModel {
  RunningModel(
    ModelDescription(
      modelID: ModelID(id), deploymentID: deployment, infos: ModelInfos(modelName: name),
      host: "127.0.0.1", port: 5_000), connection: connection)
}

private func row(_ id: String, deployment: String = "d1") -> ModelRow {
  ModelRow(
    modelID: ModelID(id), name: "", deploymentID: deployment, playerID: "", playerName: "Unknown")
}

private func outcome(_ id: ModelID, _ status: CallStatus) -> PredictionOutcome {
  PredictionOutcome(modelID: id, status: status, value: nil, execTimeMicros: 1, detail: nil)
}

/// Ticks everyone who lacks something with BTC prices up to `newest`; `failing` don't acknowledge.
private func tick(_ roster: inout Roster, upTo newest: Int64, failing: Set<String> = []) -> TickPlan
{
  let prices = (1...newest).map { TickPrice(seconds: $0, price: 1) }
  let plan = TickPlan(
    candidates: roster.tickCandidates, snapshot: PriceSnapshot([("BTC", prices)]))
  let outcomes = plan.groups.flatMap(\.models).map {
    outcome($0, failing.contains($0.rawValue) ? .timeout : .success)
  }
  roster.ticked(plan, outcomes: outcomes)
  return plan
}

private func entries(_ roster: Roster, at seconds: Int = 0) -> [String] {
  roster.snapshot(at: instant(seconds)).entries.map {
    $0.isCalled ? "\($0.modelID)" : "\($0.modelID):absent"
  }
}

@Test func aKnownModelThatDoesNotRunIsAbsentAndARunningOneIsCalledOnceTicked() {
  var roster = Roster(rows: [row("old"), row("back")], at: instant(0))
  roster.update(running: [running("back"), running("new")], at: instant(0))
  #expect(entries(roster) == ["back:absent", "old:absent"])
  _ = tick(&roster, upTo: 3)
  #expect(entries(roster) == ["back", "new", "old:absent"])
}

@Test func aModelThatJoinedAfterTheLastTickIsLeftOutUntilItsFirstTick() {
  var roster = Roster(rows: [], at: instant(0))
  roster.update(running: [running("a")], at: instant(0))
  _ = tick(&roster, upTo: 3)
  roster.update(running: [running("a"), running("late")], at: instant(1))
  #expect(entries(roster) == ["a"])
  let plan = tick(&roster, upTo: 4)
  #expect(plan.groups.map(\.payload.priceCount).sorted() == [1, 4])
  #expect(entries(roster) == ["a", "late"])
}

@Test func aModelThatLeftBeforeItsFirstTickIsForgottenAndOneThatWasTickedIsAbsent() {
  var roster = Roster(rows: [], at: instant(0))
  roster.update(running: [running("a")], at: instant(0))
  roster.update(running: [], at: instant(0))
  #expect(roster.memberCount == 0)
  roster.update(running: [running("b")], at: instant(0))
  _ = tick(&roster, upTo: 1)
  roster.update(running: [], at: instant(0))
  #expect(entries(roster) == ["b:absent"])
}

@Test func aRedeploymentAndAReconnectNeedTheWholeHistoryAgain() {
  var roster = Roster(rows: [], at: instant(0))
  roster.update(running: [running("a"), running("b"), running("c")], at: instant(0))
  _ = tick(&roster, upTo: 5)
  roster.update(
    running: [running("a", deployment: "d2"), running("b", connection: 2), running("c")],
    at: instant(1))
  #expect(entries(roster) == ["a:absent", "b:absent", "c"])
  let plan = tick(&roster, upTo: 6)
  let counts = Dictionary(
    uniqueKeysWithValues: plan.groups.map { ($0.models.map(\.rawValue), $0.payload.priceCount) })
  #expect(counts == [["a", "b"]: 6, ["c"]: 1])
}

@Test func pricesThatAModelMissedGoToItWithItsNextTick() {
  var roster = Roster(rows: [], at: instant(0))
  roster.update(running: [running("good"), running("slow")], at: instant(0))
  _ = tick(&roster, upTo: 2)
  _ = tick(&roster, upTo: 4, failing: ["slow"])
  #expect(entries(roster) == ["good", "slow"])
  let plan = tick(&roster, upTo: 5)
  let slow = plan.groups.first { $0.models == [ModelID("slow")] }
  #expect(slow?.payload.json == "{\"BTC\":[[3,1.0],[4,1.0],[5,1.0]]}")
}

@Test func rowsAreEmittedWhenNewOrChangedUntilStorageHasAcceptedThem() {
  var roster = Roster(rows: [row("a")], at: instant(0))
  roster.update(running: [running("a"), running("b")], at: instant(0))
  _ = tick(&roster, upTo: 1)
  #expect(roster.snapshot(at: instant(0)).changedRows.map(\.modelID.rawValue) == ["b"])
  #expect(roster.snapshot(at: instant(0)).changedRows.count == 1)
  roster.stored(roster.snapshot(at: instant(0)).changedRows)
  #expect(roster.snapshot(at: instant(0)).changedRows.isEmpty)
  roster.update(running: [running("a"), running("b", name: "renamed")], at: instant(0))
  #expect(roster.snapshot(at: instant(0)).changedRows.map(\.name) == ["renamed"])
  #expect(entries(roster) == ["a", "b"])
}

@Test func aShardSeesItsOwnModelsOnly() {
  var roster = Roster(rows: [row("a1"), row("b1")], at: instant(0)) { $0.rawValue.hasPrefix("a") }
  roster.update(running: [running("a2"), running("b2")], at: instant(0))
  _ = tick(&roster, upTo: 1)
  #expect(entries(roster) == ["a1:absent", "a2"])
}

@Test func aModelIsNoLongerRosteredWhenItLeftLongerAgoThanAbsentAfter() {
  var roster = Roster(rows: [row("old")], absentAfter: .seconds(60), at: instant(0))
  roster.update(running: [running("a")], at: instant(0))
  _ = tick(&roster, upTo: 1)
  roster.update(running: [], at: instant(50))
  #expect(entries(roster, at: 60) == ["a:absent", "old:absent"])
  #expect(entries(roster, at: 61) == ["a:absent"])
  #expect(entries(roster, at: 111).isEmpty)
}

@Test func aModelWhoseFirstTickWasNotSentIsAbsentUntilOneIs() {
  var roster = Roster(rows: [], at: MonotonicInstant(nanoseconds: 0))
  let now = MonotonicInstant(nanoseconds: 1)
  roster.update(running: [running("a")], at: now)
  let plan = TickPlan(
    candidates: roster.tickCandidates,
    snapshot: PriceSnapshot([("BTC", [TickPrice(seconds: 1, price: 1)])]))
  let skipped = PredictionOutcome(
    modelID: ModelID("a"), status: .timeout, value: nil, execTimeMicros: 0,
    detail: "PREEMPTIVE_SKIP", wasSent: false)
  roster.ticked(plan, outcomes: [skipped])
  #expect(roster.snapshot(at: now).entries.map(\.isCalled) == [false])
  _ = tick(&roster, upTo: 1)
  #expect(roster.snapshot(at: now).entries.map(\.isCalled) == [true])
}
