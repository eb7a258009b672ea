import Competition
import Foundation
import Synchronization
import Testing

@testable import PriceFeed

@Suite struct CSVPriceSourceTests {
  @Test func pointsAppearAsTheirTimeComes() throws {
    let clock = WallClock(100)
    let source = try source("asset,timestamp,price\nBTC,90,1.5\nETH,95,2\nBTC,110,3\n", clock)
    #expect(source.assets == ["BTC", "ETH"])
    #expect(try ask(source, "BTC") == [point(90, 1.5)])
    clock.set(109)
    #expect(try ask(source, "BTC").count == 1)
    clock.set(110)
    #expect(try ask(source, "BTC") == [point(90, 1.5), point(110, 3)])
    #expect(try ask(source, "BTC", from: 91) == [point(110, 3)])
    #expect(try ask(source, "SOL").isEmpty)
  }

  @Test func anOldFileReplaysAsIfItStartedNow() throws {
    let clock = WallClock(1_000_000)
    let text = "asset,timestamp,price\nETH,70,2\nBTC,60,1\nBTC,120,3\n"
    let source = try source(
      text, clock, replay: .startingAt(UTCTime(secondsSinceEpoch: 1_000_000)))
    #expect(try ask(source, "BTC") == [point(1_000_000, 1)])
    #expect(try ask(source, "ETH").isEmpty)
    clock.set(1_000_060)
    #expect(try ask(source, "BTC") == [point(1_000_000, 1), point(1_000_060, 3)])
    #expect(try ask(source, "ETH") == [point(1_000_010, 2)])
  }

  @Test func headersTimesQuotesAndLineEndsMayVary() throws {
    let text =
      "\u{FEFF}Price, ASSET ,note,timestamp\r\n1.5,\"BTC\",x,2026-11-22T11:01:54Z\r\n\r\n"
      + "2.5,BTC,,2026-11-22 13:01:55+02:00\r\n3e3,BTC,,1795345316"
    let source = try source(text, WallClock(2_000_000_000))
    #expect(
      try ask(source, "BTC") == [
        point(1_795_345_314, 1.5), point(1_795_345_315, 2.5), point(1_795_345_316, 3_000),
      ])
  }

  @Test func rowsOutOfOrderAreSortedAndTheFirstOfEqualTimesWins() throws {
    let source = try source("asset,timestamp,price\nA,30,3\nA,10,1\nA,30,9\n", WallClock(100))
    #expect(try ask(source, "A") == [point(10, 1), point(30, 3)])
    #expect(source.dropped.duplicateCount == 1)
  }

  @Test func badLinesAreNamedByNumberAndTheFileIsRefused() throws {
    let text = """
      asset,timestamp,price
      BTC,60,1
      BTC,yesterday,1
      BTC,60
      ,60,1
      BTC,61,-1
      BTC,62,nan
      BTC,-5,1
      BTC,2026-02-30,1
      """
    let error = try #require(refusal(text))
    #expect(error.code == .malformed)
    for part in ["line 3: timestamp \"yesterday\"", "line 4: 2 columns", "line 5: the asset"] {
      #expect(error.detail.contains(part), "\(error.detail)")
    }
    #expect(error.detail.contains("line 6: price \"-1\""))
    #expect(error.detail.contains("line 7: price \"nan\""))
    #expect(error.detail.hasSuffix("; and 2 more"))
  }

  @Test(arguments: [
    ("", "the file is empty"), ("asset,timestamp,price\n", "no price below the header"),
    ("BTC,60,1\n", "line 1: the header must name asset, timestamp and price, got \"BTC,60,1\""),
    (String(repeating: "x", count: 400_000), "line 1 is longer than 64 KiB"),
  ])
  func filesThatAreNoPricesAreRefused(text: String, part: String) throws {
    let error = try #require(refusal(text))
    #expect(error.detail.contains(part), "\(error.detail)")
  }

  @Test func aMissingFileIsNamedWithTheSystemsReason() throws {
    let error = #expect(throws: PriceError.self) {
      try CSVPriceSource(path: "/nonexistent/prices.csv")
    }
    #expect(error?.code == .unreadable)
    #expect(error?.errno == ENOENT)
    #expect(error?.subject == "/nonexistent/prices.csv")
    let folder = #expect(throws: PriceError.self) { try CSVPriceSource(path: "/tmp") }
    #expect(folder?.errno == EISDIR)
  }

  private func source(
    _ text: String, _ clock: WallClock, replay: CSVReplay = .asRecorded
  ) throws -> CSVPriceSource {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("prices-\(UUID().uuidString).csv")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try CSVPriceSource(path: file.path, replay: replay, now: { clock.now })
  }

  private func refusal(_ text: String) -> PriceError? {
    do {
      _ = try source(text, WallClock(100))
      return nil
    } catch {
      return error as? PriceError
    }
  }

  private func ask(
    _ source: CSVPriceSource, _ asset: String, from: Int64 = 0
  ) throws -> [PricePoint] {
    try source.points(
      of: asset, in: from...4_000_000_000, timeout: .seconds(1), isCancelled: { false }
    ).points
  }

  private func point(_ timestamp: Int64, _ price: Double) -> PricePoint {
    PricePoint(timestampSeconds: timestamp, price: price)
  }
}
