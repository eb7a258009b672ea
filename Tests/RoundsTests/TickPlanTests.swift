import Competition
import Rounds
import Testing

private func series(_ range: ClosedRange<Int64>) -> [TickPrice] {
  range.map { TickPrice(seconds: $0, price: Double($0) + 0.5) }
}

private func candidate(
  _ id: String, _ seen: PriceMarks = [:], lastTick: Int = 0
) -> TickCandidate {
  TickCandidate(modelID: ModelID(id), seen: seen, lastTickNumber: lastTick)
}

@Test func payloadIsTheContractsJSON() {
  let prices = [
    TickPrice(seconds: 1_700_000_000, price: 0.1), TickPrice(seconds: 1_700_000_060, price: 65_000),
    TickPrice(seconds: -1, price: 1e-7),
  ]
  let payload = TickPayload([("BTC", prices[0...]), ("E\"\\\n", prices[1..<2])])
  #expect(
    payload.json
      == "{\"BTC\":[[1700000000,0.1],[1700000060,65000.0],[-1,1e-07]],"
      + "\"E\\\"\\\\\\u000a\":[[1700000060,65000.0]]}")
  #expect(payload.priceCount == 4)
}

@Test func payloadKeepsTheNewestPricesWithinItsLimit() {
  let payload = TickPayload([("BTC", series(1...100)[...])], bytesMax: 300)
  #expect(payload.json.utf8.count <= 300)
  #expect(payload.json.hasSuffix("[100,100.5]]}"))
  #expect(payload.priceCount + payload.omittedPriceCount == 100)
  #expect(payload.priceCount >= 12)
}

@Test func modelsThatLackTheSameShareOnePayload() {
  let seen: PriceMarks = ["BTC": 10, "ETH": 10]
  let snapshot = PriceSnapshot([("BTC", series(1...12)), ("ETH", series(1...11))])
  let plan = TickPlan(
    candidates: [
      candidate("a", seen), candidate("b", seen), candidate("new"),
      candidate("late", ["BTC": 8, "ETH": 10]), candidate("done", ["BTC": 12, "ETH": 11]),
    ], snapshot: snapshot)
  #expect(
    plan.groups.map(\.models) == [["a", "b"], ["new"], ["late"]].map { $0.map { ModelID($0) } })
  #expect(plan.groups[0].payload.json == "{\"BTC\":[[11,11.5],[12,12.5]],\"ETH\":[[11,11.5]]}")
  #expect(plan.groups[1].payload.priceCount == 23)
  #expect(plan.groups[1].wholeHistoryCount == 1)
  #expect(plan.groups[2].payload.priceCount == 5)
  #expect(plan.groups.allSatisfy { $0.newest == ["BTC": 12, "ETH": 11] })
}

@Test func anAssetThatIsNewGoesToEveryoneWithItsWholeHistory() {
  let snapshot = PriceSnapshot([("BTC", []), ("SOL", series(1...3))])
  let plan = TickPlan(candidates: [candidate("a", ["BTC": 10])], snapshot: snapshot)
  #expect(plan.groups.map(\.payload.priceCount) == [3])
  #expect(plan.groups.map(\.wholeHistoryCount) == [0])
}

@Test func nobodyIsTickedWithoutNewPrices() {
  let snapshot = PriceSnapshot([("BTC", series(1...3))])
  #expect(TickPlan(candidates: [candidate("a", ["BTC": 3])], snapshot: snapshot).isEmpty)
  #expect(TickPlan(candidates: [candidate("a")], snapshot: PriceSnapshot([])).isEmpty)
}

@Test func pricesThatAreNotFiniteNeverReachAPayload() {
  let prices = [
    TickPrice(seconds: 1, price: .nan), TickPrice(seconds: 2, price: 2),
    TickPrice(seconds: 3, price: .infinity),
  ]
  let plan = TickPlan(candidates: [candidate("a")], snapshot: PriceSnapshot([("BTC", prices)]))
  #expect(plan.groups.first?.payload.json == "{\"BTC\":[[2,2.0]]}")
}

@Test func payloadsOverTheMemoryLimitWaitAndTheLongestWaitingGoesFirst() {
  let snapshot = PriceSnapshot([("BTC", series(1...100))])
  let candidates =
    (1...5).map { candidate("lag\($0)", ["BTC": Int64($0)], lastTick: $0) }
    + [candidate("a", ["BTC": 99], lastTick: 9), candidate("b", ["BTC": 99], lastTick: 9)]
  let plan = TickPlan(candidates: candidates, snapshot: snapshot, payloadBytesMax: 1_500)
  #expect(plan.groups.map(\.models.first?.rawValue) == ["a", "lag1", "lag2"])
  #expect(plan.deferredModels.map(\.rawValue) == ["lag3", "lag4", "lag5"])
  #expect(plan.modelCount + plan.deferredModels.count == 7)
}
