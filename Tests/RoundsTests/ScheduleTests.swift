import Competition
import Testing

@testable import Rounds

private func instant(_ seconds: Double) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: UInt64(seconds * 1e9))
}

func config(
  _ asset: String, _ horizon: Int = 3_600, _ step: Int = 60, every interval: Int = 720,
  order: Int = 1, active: Bool = true
) -> PredictionConfig {
  PredictionConfig(
    id: "CFG_\(asset)\(horizon)\(step)\(interval)",
    params: PredictionParams(asset: asset, horizonSeconds: horizon, stepSeconds: step),
    intervalSeconds: interval, active: active, order: order)
}

private let condor = ["BTC", "ETH", "XAU", "SOL"].enumerated().flatMap { index, asset in
  [
    config(asset, 86_400, 300, every: 3_600, order: 2 * index + 1),
    config(asset, 3_600, 60, every: 720, order: 2 * index + 2),
  ]
}

@Test func condorsGroupsAskTheirAssetsInTurnsOverAnHour() {
  var schedule = Schedule()
  schedule.apply(condor, at: instant(0))
  #expect(schedule.groupCount == 2)
  var asked: [String: [String]] = [:]
  for minute in 0..<60 {
    for due in schedule.takeDue(at: instant(Double(minute) * 60)) {
      asked["\(due.params.horizonSeconds)", default: []].append(due.params.asset)
      #expect(due.missedTurnCount == 0)
    }
  }
  let turn = ["BTC", "ETH", "XAU", "SOL"]
  #expect(asked["86400"] == turn)
  #expect(asked["3600"] == turn + turn + turn + turn + turn)
}

@Test func groupsThatAreDueTogetherGoInTheirOrder() {
  var schedule = Schedule()
  schedule.apply(condor.shuffled(), at: instant(0))
  #expect(schedule.takeDue(at: instant(0)).map(\.params.horizonSeconds) == [86_400, 3_600])
}

@Test func aLateTurnIsTakenOnceAndTheMissedOnesAreCountedNotCaughtUp() {
  var schedule = Schedule()
  schedule.apply([config("BTC", every: 60)], at: instant(0))
  #expect(schedule.takeDue(at: instant(0)).count == 1)
  let due = schedule.takeDue(at: instant(60 + 10 * 60 + 1))
  #expect(due.map(\.missedTurnCount) == [10])
  #expect(due.first?.dueAt == instant(60))
  #expect(schedule.takeDue(at: instant(719)).isEmpty)
  #expect(schedule.takeDue(at: instant(720)).map(\.missedTurnCount) == [0])
}

@Test func noAssetStarvesWhenEveryOtherTurnIsMissed() {
  var schedule = Schedule()
  schedule.apply([config("A", every: 20), config("B", every: 20, order: 2)], at: instant(0))
  let asked = (0..<10).flatMap { schedule.takeDue(at: instant(Double($0) * 20)) }
    .map(\.params.asset)
  #expect(asked.filter { $0 == "A" }.count == 5)
  #expect(asked.filter { $0 == "B" }.count == 5)
}

@Test func anUnchangedGroupKeepsItsTurnWhenOthersChange() {
  var schedule = Schedule()
  let kept = [config("A", every: 100), config("B", every: 100, order: 2)]
  schedule.apply(kept, at: instant(0))
  _ = schedule.takeDue(at: instant(0))
  schedule.apply(kept + [config("C", 60, 10, every: 30, order: 3)], at: instant(10))
  #expect(schedule.takeDue(at: instant(10)).map(\.params.asset) == ["C"])
  #expect(schedule.takeDue(at: instant(49)).map(\.params.asset) == ["C"])
  #expect(schedule.takeDue(at: instant(50)).map(\.params.asset) == ["B"])
}

@Test func aGroupThatLosesItsNextAssetGoesOnWithTheOneAfter() {
  var schedule = Schedule()
  schedule.apply(
    [
      config("A", every: 90), config("B", every: 90, order: 2), config("C", every: 90, order: 3),
    ], at: instant(0))
  _ = schedule.takeDue(at: instant(0))
  schedule.apply([config("A", every: 90), config("C", every: 90, order: 3)], at: instant(5))
  #expect(schedule.takeDue(at: instant(30)).map(\.params.asset) == ["C"])
  #expect(schedule.takeDue(at: instant(75)).map(\.params.asset) == ["A"])
}

@Test func pausedAndRepeatedConfigurationsAskNothingTwice() {
  var schedule = Schedule()
  schedule.apply(
    [config("A", order: 1), config("A", order: 2), config("B", order: 3, active: false)],
    at: instant(0))
  let asked = schedule.takeDue(at: instant(0)) + schedule.takeDue(at: instant(720))
  #expect(asked.map(\.params.asset) == ["A", "A"])
  schedule.apply([], at: instant(800))
  #expect(schedule.nextDueAt == nil)
}

@Test func performedAtIsStrictlyIncreasingWholeMillisecondsAlsoWhenTheClockStepsBack() {
  var clock = PerformedAtClock(after: UTCTime(microsecondsSinceEpoch: 5_000_500))
  let walls: [Int64] = [4_000_000, 5_001_999, 9_000_001, 9_000_500, 1, 9_003_000]
  let times = walls.map { clock.next(at: UTCTime(microsecondsSinceEpoch: $0)) }
  #expect(
    times.map(\.microsecondsSinceEpoch)
      == [5_001_000, 5_002_000, 9_000_000, 9_001_000, 9_002_000, 9_003_000])
}

@Test func configurationsThatCannotBeUsedAreLeftOutAndToldOnce() {
  var book = ConfigBook()
  let rows = [config("A"), config("B", 60, 120), config("C", 60, 0), config("D", every: 0)]
  let events = book.take(rows, isFirst: true)
  let refused = events.compactMap { event -> String? in
    if case .configRefused(_, let reason) = event { return reason }
    return nil
  }
  #expect(refused.count == 3)
  #expect(refused.first == "step (120 s) must not exceed horizon (60 s)")
  #expect(book.assets == ["A"])
  #expect(book.take(rows, isFirst: false).isEmpty)
  guard case .noActiveConfigs? = book.take([], isFirst: false).first else {
    Issue.record("an empty set of configurations was not told")
    return
  }
}
