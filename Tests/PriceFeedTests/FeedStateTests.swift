import Competition
import Testing

@testable import PriceFeed

@Suite struct FeedStateTests {
  private let wall = UTCTime(secondsSinceEpoch: 100_000)

  @Test func aNewAssetAsksForItsHistoryAndThenOnlyForWhatIsNew() throws {
    var feed = feed()
    feed.setAssets(["BTC"], at: at(0))
    let history = try #require(request(&feed, at: 0))
    #expect(history.span == 99_000...100_000)
    #expect(feed.requestEnded(history, prices([99_500, 99_999]), at: at(1)) == 2)
    #expect(request(&feed, at: 1) == nil)
    feed.waiterArrived(1, wish: .update, at: at(2))
    let update = try #require(request(&feed, at: 2))
    #expect(update.span == 100_000...100_000)
  }

  @Test func theNewestArrivalIsThatOfTheLastAnswerWithANewPoint() throws {
    var feed = feed()
    feed.setAssets(["BTC"], at: at(0))
    let history = try #require(request(&feed, at: 0))
    #expect(feed.assets["BTC"]?.newestArrival == nil)
    feed.requestEnded(history, prices([99_500]), at: at(1))
    #expect(feed.assets["BTC"]?.newestArrival == at(1))
    for (second, points) in [(2, [99_500]), (3, [])] as [(Int, [Int64])] {
      feed.waiterArrived(second, wish: .update, at: at(second))
      feed.requestEnded(
        try #require(request(&feed, at: second)), prices(points), at: at(second))
      #expect(feed.assets["BTC"]?.newestArrival == at(1))
    }
  }

  @Test func assetsTakeTurnsInTheirOrderOncePerUpdate() {
    var feed = feed()
    feed.setAssets(["B", "A", "B", "C"], at: at(0))
    #expect(askAll(&feed, at: 0) == ["B", "A", "C"])
    feed.waiterArrived(1, wish: .update, at: at(1))
    #expect(askAll(&feed, at: 1) == ["B", "A", "C"])
    #expect(feed.takeFinished().keys.sorted() == [1])
  }

  @Test func aFailedRequestIsRepeatedUntilTheTriesAreUsedUp() throws {
    var feed = feed { $0.triesMax = 3 }
    feed.setAssets(["BTC"], at: at(0))
    feed.waiterArrived(1, wish: .history, at: at(0))
    for attempt in 0..<3 {
      let request = try #require(request(&feed, at: attempt * 5))
      feed.requestEnded(request, .failure(failure(isWorthRetrying: true)), at: at(attempt * 5))
      #expect(self.request(&feed, at: attempt * 5 + 4) == nil)
      #expect(feed.takeFinished().isEmpty == (attempt < 2))
    }
    #expect(request(&feed, at: 1_000) == nil)
    #expect(feed.assets["BTC"]?.failureCount == 3)
  }

  @Test func aFailureThatTimeDoesNotHealIsNotRepeated() throws {
    var feed = feed()
    feed.setAssets(["BTC"], at: at(0))
    feed.waiterArrived(1, wish: .history, at: at(0))
    feed.requestEnded(
      try #require(request(&feed, at: 0)), .failure(failure(isWorthRetrying: false)), at: at(0))
    #expect(request(&feed, at: 1_000) == nil)
    #expect(feed.takeFinished()[1]?.failures.keys.sorted() == ["BTC"])
  }

  @Test func anUpdateAlsoWaitsForARequestThatBeganAfterIt() throws {
    var feed = feed()
    feed.setAssets(["BTC"], at: at(0))
    let old = try #require(request(&feed, at: 0))
    feed.waiterArrived(1, wish: .update, at: at(1))
    feed.requestEnded(old, prices([99_000]), at: at(2))
    #expect(feed.takeFinished().isEmpty)
    let new = try #require(request(&feed, at: 2))
    feed.requestEnded(new, prices([99_500]), at: at(3))
    #expect(feed.takeFinished()[1]?.appendedCounts == ["BTC": 2])
  }

  @Test func oneAssetsFailureDelaysNoUpdateOfTheOthers() throws {
    var feed = feed()
    feed.setAssets(["BAD", "BTC"], at: at(0))
    feed.waiterArrived(1, wish: .update, at: at(0))
    let bad = try #require(request(&feed, at: 0))
    feed.requestEnded(bad, .failure(failure(isWorthRetrying: true)), at: at(1))
    let good = try #require(request(&feed, at: 1))
    feed.requestEnded(good, prices([99_000]), at: at(1))
    let report = try #require(feed.takeFinished()[1])
    #expect(report.failures.keys.sorted() == ["BAD"])
    #expect(report.appendedCounts == ["BTC": 1])
    #expect(!report.isComplete)
    #expect(request(&feed, at: 5) == nil)
    #expect(request(&feed, at: 6)?.asset == "BAD")
  }

  @Test func somebodyWhoLeavesLearnsWhatIsUnfinished() throws {
    var feed = feed()
    feed.setAssets(["A", "B"], at: at(0))
    feed.waiterArrived(1, wish: .update, at: at(0))
    feed.requestEnded(try #require(request(&feed, at: 0)), prices([99_000]), at: at(1))
    feed.waiterLeft(1)
    feed.waiterLeft(1)
    let report = try #require(feed.takeFinished()[1])
    #expect(report.unfinished == ["B"])
    #expect(report.appendedCounts == ["A": 1])
    #expect(feed.takeFinished().isEmpty)
  }

  @Test func aRemovedAssetIsForgottenAndItsLateAnswerIgnored() throws {
    var feed = feed()
    feed.setAssets(["A", "B"], at: at(0))
    feed.waiterArrived(1, wish: .history, at: at(0))
    let late = try #require(request(&feed, at: 0))
    feed.requestEnded(try #require(request(&feed, at: 0)), prices([99_000]), at: at(0))
    feed.setAssets(["B"], at: at(1))
    #expect(feed.takeFinished().keys.sorted() == [1])
    #expect(feed.requestEnded(late, prices([99_000]), at: at(1)) == 0)
    #expect(feed.assets.keys.sorted() == ["B"])
    #expect(feed.assets["B"]?.series.count == 1)
  }

  @Test func pricesAheadOfTheClockAreNotAskedForAgain() throws {
    var feed = feed()
    feed.setAssets(["A"], at: at(0))
    feed.requestEnded(try #require(request(&feed, at: 0)), prices([100_060]), at: at(0))
    feed.waiterArrived(1, wish: .update, at: at(1))
    #expect(request(&feed, at: 1) == nil)
    #expect(feed.takeFinished()[1]?.isComplete == true)
  }

  @Test func aBookThatUpdatesItselfDoesSoAtItsInterval() {
    var feed = feed { $0.updateEvery = .seconds(60) }
    feed.setAssets(["A"], at: at(0))
    #expect(askAll(&feed, at: 0) == ["A"])
    guard case .wait(let until) = feed.nextStep(at: at(0), wall: wall) else {
      Issue.record("nothing is due")
      return
    }
    #expect(until == at(60))
    #expect(askAll(&feed, at: 59) == [])
    #expect(askAll(&feed, at: 60) == ["A"])
    #expect(askAll(&feed, at: 1_000) == ["A"])
    #expect(askAll(&feed, at: 1_001) == [])
  }

  @Test func aStopEndsEveryWait() {
    var feed = feed()
    feed.setAssets(["A"], at: at(0))
    feed.waiterArrived(1, wish: .history, at: at(0))
    feed.stop()
    feed.waiterArrived(2, wish: .update, at: at(0))
    #expect(feed.takeFinished().values.map(\.unfinished) == [["A"], ["A"]])
    guard case .stop = feed.nextStep(at: at(0), wall: wall) else {
      Issue.record("the thread goes on")
      return
    }
  }

  @Test(arguments: [(99_820, false), (99_819, true), (100_500, false)])
  func anAssetIsStaleAfterThreeResolutions(newest: Int64, isStale: Bool) throws {
    var feed = feed()
    feed.setAssets(["A"], at: at(0))
    #expect(statistics(feed)?.isStale == true)
    feed.requestEnded(try #require(request(&feed, at: 0)), prices([newest]), at: at(0))
    #expect(statistics(feed)?.isStale == isStale)
    #expect(statistics(feed)?.ageSeconds == max(0, 100_000 - newest))
  }

  @Test func optionsThatCannotWorkAreNamed() {
    var options = FeedOptions()
    #expect(options.problem() == nil)
    options.history = .seconds(59)
    #expect(options.problem()?.subject == "prices.history")
    options = FeedOptions()
    options.triesMax = 0
    #expect(options.problem()?.subject == "prices.tries")
  }

  private func feed(_ change: (inout FeedOptions) -> Void = { _ in }) -> FeedState {
    var options = FeedOptions()
    options.history = .seconds(1_000)
    change(&options)
    return FeedState(options: options)
  }

  private func at(_ second: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: UInt64(1_000 + second) * 1_000_000_000)
  }

  private func request(_ feed: inout FeedState, at second: Int) -> FeedState.Request? {
    guard case .fetch(let request) = feed.nextStep(at: at(second), wall: wall) else { return nil }
    return request
  }

  /// Answers what is due with nothing; the assets that were asked for.
  private func askAll(_ feed: inout FeedState, at second: Int) -> [String] {
    var asked: [String] = []
    while let request = request(&feed, at: second) {
      asked.append(request.asset)
      feed.requestEnded(request, .success(PriceBatch()), at: at(second))
    }
    return asked
  }

  private func prices(_ times: [Int64]) -> Result<PriceBatch, PriceError> {
    .success(PriceBatch(points: times.map { PricePoint(timestampSeconds: $0, price: 1) }))
  }

  private func failure(isWorthRetrying: Bool) -> PriceError {
    PriceError(
      .unreachable, subject: "BTC", detail: "down", advice: "wait",
      isWorthRetrying: isWorthRetrying)
  }

  private func statistics(_ feed: FeedState) -> AssetStatistics? {
    feed.assets["A"]?.statistics(of: "A", options: feed.options, wall: wall)
  }
}
