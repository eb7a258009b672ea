import Competition
import PriceFeed
import Rounds

/// The price history as the game loop sees it: `PriceFeed`'s book behind the loop's port.
final class BookPrices: PricePort {
  private let book: PriceBook
  private let stop: StopRequest

  init(_ book: PriceBook, stop: StopRequest) {
    self.book = book
    self.stop = stop
  }

  func update(assets: [String], by deadline: MonotonicInstant) async -> [PriceFault] {
    book.setAssets(assets)
    let report = await book.update(deadline: deadline)
    let failed = report.failures.map { PriceFault(asset: $0.key, reason: "\($0.value)") }
    let open = report.unfinished.filter { report.failures[$0] == nil }
      .map { PriceFault(asset: $0, reason: "the price source has not answered yet") }
    return (failed + open).sorted { $0.asset < $1.asset }
  }

  func newestTime(of asset: String) -> Int64? { book.newestTimestamp(asset: asset) }

  func newestArrival(of asset: String) -> MonotonicInstant? {
    book.newestArrival(asset: asset)
  }

  func prices(of asset: String, after seconds: Int64?) -> [TickPrice] {
    book.points(asset: asset, after: seconds).map {
      TickPrice(seconds: $0.timestampSeconds, price: $0.price)
    }
  }
}
