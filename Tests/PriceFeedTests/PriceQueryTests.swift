import Testing

@testable import PriceFeed

@Suite struct PriceQueryTests {
  @Test func aGoodQueryIsReadAndNeverReachesIntoTheFuture() throws {
    let query = try #require(read(["asset": "BTC", "from": "60", "to": "9999"]).query)
    #expect(query.asset == "BTC")
    #expect(query.span == 60...1_000)
    #expect(query.resolution == .minute)
    let ahead = try #require(read(["asset": "BTC", "from": "1001", "to": "9999"]).query)
    #expect(ahead.span == nil)
  }

  @Test func everyProblemIsToldAtOnce() {
    let (query, problems) = read(["asset": "DOGE", "from": "x", "resolution": "week"])
    #expect(query == nil)
    #expect(problems.map(\.parameter) == ["asset", "from", "to", "resolution"])
    #expect(problems.map(\.input) == ["DOGE", "x", nil, "week"])
    #expect(problems[0].message == "must be one of BTC, ETH")
  }

  @Test(arguments: ["-1", "1.5", "1099511627776", "", "99999999999999999999"])
  func timesAreUnixSeconds(text: String) {
    #expect(read(["asset": "BTC", "from": text, "to": "10"]).problems.count == 1)
  }

  @Test func aSpanOfTheLimitPassesAndOnePointMoreDoesNot() {
    let latest: Int64 = 2_000_000_000
    func query(_ count: Int64) -> (query: PriceQuery?, problems: [PriceQuery.Problem]) {
      PriceQuery.read(
        [
          ("asset", "BTC"), ("from", "\(latest - count + 1)"), ("to", "\(latest)"),
          ("resolution", "second"),
        ], assets: ["BTC"], latest: latest)
    }
    #expect(query(PriceQuery.pointsMax).query != nil)
    #expect(query(PriceQuery.pointsMax + 1).problems.map(\.parameter) == ["from"])
    #expect(read(["asset": "BTC", "from": "20", "to": "10"]).problems.map(\.parameter) == ["to"])
  }

  private func read(
    _ items: [String: String]
  ) -> (query: PriceQuery?, problems: [PriceQuery.Problem]) {
    PriceQuery.read(
      items.map { ($0.key, $0.value) }, assets: ["BTC", "ETH"], latest: 1_000)
  }
}
