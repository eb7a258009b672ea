import Competition

/// Which markets are closed: those of assets whose price has not moved for a while.
///
/// A market is *open* → *closed* when the newest price has been the same for `closedAfter` by the
/// wall clock and its source answers → *open* with the first price that differs. A source that
/// fails closes nothing: it says nothing about the market.
struct MarketWatch {
  private struct Market {
    var price: Double
    /// The time of the first of the newest prices that are all the same, Unix seconds.
    var movedAtSeconds: Int64
    var newestSeconds: Int64
    var isClosed = false

    init(_ first: TickPrice) {
      price = first.price
      movedAtSeconds = first.seconds
      newestSeconds = first.seconds
    }

    mutating func take(_ point: TickPrice) {
      newestSeconds = point.seconds
      guard point.price != price else { return }
      price = point.price
      movedAtSeconds = point.seconds
    }
  }

  private let closedAfter: Duration?
  private var markets: [String: Market] = [:]

  /// A watch for which all markets are open; with nil they stay so.
  init(closedAfter: Duration?) { self.closedAfter = closedAfter }

  /// Whether the asset's price has not moved for long.
  func isClosed(_ asset: String) -> Bool { markets[asset]?.isClosed ?? false }

  /// Looks at the prices that are new after an update; the events tell what has changed.
  mutating func update(
    assets: [String], faults: [PriceFault], prices: some PricePort, at wall: UTCTime
  ) -> [GameEvent] {
    guard let closedAfter else { return [] }
    let failing = Set(faults.map(\.asset))
    markets = markets.filter { assets.contains($0.key) }
    var events: [GameEvent] = []
    for asset in assets {
      let new = prices.prices(of: asset, after: markets[asset]?.newestSeconds)
      guard var market = markets[asset] ?? new.first.map(Market.init) else { continue }
      for point in new { market.take(point) }
      let unmovedSeconds = wall.secondsSinceEpoch - market.movedAtSeconds
      let unmovedFor = Duration.seconds(max(0, unmovedSeconds))
      if market.isClosed, unmovedFor < closedAfter {
        market.isClosed = false
        events.append(.marketOpened(asset: asset))
      } else if !market.isClosed, unmovedFor >= closedAfter, !failing.contains(asset) {
        market.isClosed = true
        events.append(.marketClosed(asset: asset, unmovedFor: unmovedFor))
      }
      markets[asset] = market
    }
    return events
  }
}
