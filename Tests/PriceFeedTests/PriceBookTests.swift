import Competition
import Logging
import Synchronization
import Testing

@testable import PriceFeed

@Suite(.timeLimit(.minutes(1))) struct PriceBookTests {
  private let clock = WallClock(10_000)

  @Test func historyIsLoadedAndUpdatesBringOnlyWhatIsNew() async throws {
    let answers = Mutex<[Int64]>([9_880, 9_940])
    let server = try ScriptedServer { target in
      target.contains("asset=NONE")
        ? .prices([]) : .prices(answers.withLock { $0 }.map { ($0, Double($0)) })
    }
    defer { server.stop() }
    let book = try book(server)
    let report = try await book.loadHistory(assets: ["BTC", "NONE"], deadline: soon)
    #expect(report.isComplete)
    #expect(report.appendedCounts == ["BTC": 2])
    #expect(server.targets.first?.contains("asset=BTC&from=6400&to=10000") == true)

    answers.withLock { $0 = [9_940, 10_000, 10_060] }
    clock.set(10_070)
    let update = await book.update()
    #expect(update.appendedCounts == ["BTC": 2])
    #expect(server.targets.contains { $0.contains("asset=BTC&from=9941&to=10070") })
    #expect(book.newestTimestamp(asset: "BTC") == 10_060)
    #expect(book.points(asset: "BTC", after: 9_940).map(\.timestampSeconds) == [10_000, 10_060])
    #expect(book.points(asset: "BTC", from: 9_940, to: 10_000).count == 2)
    #expect(book.snapshot().mapValues(\.count) == ["BTC": 4])
    #expect(book.snapshot(since: 10_060).isEmpty)
    #expect(book.newestTimestamp(asset: "NONE") == nil)
    await book.stop()
  }

  @Test func anAssetThatFailsIsNamedAndTheOthersAreThere() async throws {
    let server = try ScriptedServer { target in
      target.contains("asset=BAD") ? .answer(422, "no such asset") : .prices([(9_940, 5)])
    }
    defer { server.stop() }
    let book = try book(server)
    let report = try await book.loadHistory(assets: ["BAD", "BTC"], deadline: soon)
    #expect(report.failures.keys.sorted() == ["BAD"])
    #expect(report.failures["BAD"]?.status == 422)
    let statistics = book.statistics()
    #expect(statistics.map(\.asset) == ["BAD", "BTC"])
    #expect(statistics.map(\.isStale) == [true, false])
    #expect(statistics.map(\.failureCount) == [1, 0])
    #expect(statistics[0].lastError?.detail.contains("no such asset") == true)
    await book.stop()
  }

  @Test func aServerThatRecoversIsAskedAgain() async throws {
    let count = Mutex(0)
    let server = try ScriptedServer { _ in
      count.withLock { $0 += 1 }
      return count.withLock { $0 } < 3 ? .answer(500, "later") : .prices([(9_940, 5)])
    }
    defer { server.stop() }
    let book = try book(server) { $0.tryDelay = .milliseconds(10) }
    let report = try await book.loadHistory(assets: ["BTC"], deadline: soon)
    #expect(report.isComplete)
    #expect(server.targets.count == 3)
    #expect(book.statistics().map(\.failureCount) == [2])
    await book.stop()
  }

  @Test func noPricesAtAllIsOneClearError() async throws {
    let server = try ScriptedServer { _ in .answer(200, "<html>") }
    let book = try book(server) {
      $0.triesMax = 2
      $0.tryDelay = .zero
    }
    let error = await refusal(of: book, assets: ["BTC", "ETH"])
    #expect(error?.code == .noPrices)
    #expect(error?.detail.contains("no price of BTC, ETH") == true)
    #expect(error?.detail.contains("JSON") == true, "\(error?.detail ?? "")")
    #expect(server.targets.count == 4)
    await book.stop()
    server.stop()
  }

  @Test func aSilentServerHoldsNobodyBeyondTheDeadline() async throws {
    let server = try ScriptedServer { _ in .staySilent }
    defer { server.stop() }
    let book = try book(server) { $0.requestTimeout = .seconds(60) }
    let start = MonotonicInstant.now()
    let error = await refusal(
      of: book, assets: ["BTC"], deadline: start.advanced(by: .milliseconds(100)))
    #expect(error?.detail.contains("deadline") == true)
    let report = await book.update(deadline: .now().advanced(by: .milliseconds(100)))
    #expect(report.unfinished == ["BTC"])
    await book.stop()
    #expect(MonotonicInstant.now().since(start) < .seconds(20))
  }

  @Test func aStopEndsAWaitingRequestLongBeforeItsTimeout() async throws {
    let (requests, arrived) = AsyncStream.makeStream(of: Void.self)
    let server = try ScriptedServer { _ in
      arrived.yield()
      return .staySilent
    }
    defer { server.stop() }
    let book = try book(server) { $0.requestTimeout = .seconds(60) }
    async let loading = refusal(of: book, assets: ["BTC"], deadline: soon)
    for await _ in requests { break }
    let start = MonotonicInstant.now()
    await book.stop()
    await book.stop()
    #expect(MonotonicInstant.now().since(start) < .seconds(10))
    #expect(await loading?.code == .stopped)
    #expect(await book.update().unfinished == ["BTC"])
  }

  @Test func aStopCutsThePauseBetweenTries() async throws {
    let server = try ScriptedServer { _ in .answer(500, "no") }
    defer { server.stop() }
    let book = try book(server) { $0.tryDelay = .seconds(3_600) }
    book.setAssets(["BTC"])
    _ = await book.update()
    #expect(book.statistics().map(\.failureCount).reduce(0, +) >= 1)
    let start = MonotonicInstant.now()
    await book.stop()
    #expect(MonotonicInstant.now().since(start) < .seconds(10))
  }

  @Test func aCancelledTaskStopsWaiting() async throws {
    let server = try ScriptedServer { _ in .staySilent }
    defer { server.stop() }
    let book = try book(server) { $0.requestTimeout = .seconds(60) }
    book.setAssets(["BTC"])
    let task = Task { await book.update(deadline: soon) }
    task.cancel()
    #expect(await task.value.unfinished == ["BTC"])
    await book.stop()
  }

  @Test func anAssetAddedLaterLoadsItsHistoryAndOneTakenAwayIsForgotten() async throws {
    let server = try ScriptedServer { _ in .prices([(9_940, 5)]) }
    defer { server.stop() }
    let book = try book(server)
    try await book.loadHistory(assets: ["BTC"], deadline: soon)
    let report = try await book.loadHistory(assets: ["ETH", "SOL"], deadline: soon)
    #expect(report.appendedCounts == ["ETH": 1, "SOL": 1])
    #expect(book.snapshot().keys.sorted() == ["ETH", "SOL"])
    #expect(server.targets.count == 3)
    await book.stop()
  }

  @Test func aSimulatedMarketServedByAnyServerIsReadBackExactly() async throws {
    let market = try #require(SimulatedMarket(seed: 2))
    let span = 6_420...Int64(10_000)
    let points = market.points(of: "BTC", in: span, every: .minute)
    let server = try ScriptedServer { _ in .answer(200, bytes: PriceAnswerText.bytes(of: points)) }
    defer { server.stop() }
    let book = try book(server)
    try await book.loadHistory(assets: ["BTC"], deadline: soon)
    #expect(book.points(asset: "BTC") == points)
    await book.stop()
  }

  private var soon: MonotonicInstant { .now().advanced(by: .seconds(30)) }

  private func book(
    _ server: ScriptedServer, _ change: (inout FeedOptions) -> Void = { _ in }
  ) throws -> PriceBook {
    var options = FeedOptions()
    options.history = .seconds(3_600)
    change(&options)
    let source = try HTTPPriceSource(url: server.url(), resolution: options.resolution)
    return try PriceBook(
      source: source, options: options,
      logger: Logger(label: "prices") { _ in SwiftLogNoOpLogHandler() },
      now: { [clock] in clock.now })
  }

  private func refusal(
    of book: PriceBook, assets: [String], deadline: MonotonicInstant? = nil
  ) async -> PriceError? {
    do throws(PriceError) {
      try await book.loadHistory(assets: assets, deadline: deadline ?? soon)
      return nil
    } catch {
      return error
    }
  }
}
