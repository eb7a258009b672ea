public import Competition

/// One price as ticks carry it.
public struct TickPrice: Hashable, Sendable {
  /// Unix time, whole seconds.
  public let seconds: Int64
  /// The price, finite.
  public let price: Double

  /// Creates a price.
  public init(seconds: Int64, price: Double) {
    self.seconds = seconds
    self.price = price
  }
}

/// An asset whose prices could not be fetched.
public struct PriceFault: Hashable, Sendable {
  /// The asset's name.
  public let asset: String
  /// What went wrong, for the log.
  public let reason: String

  /// Creates a fault.
  public init(asset: String, reason: String) {
    self.asset = asset
    self.reason = reason
  }
}

/// The price history; `PriceFeed` stands behind it.
public protocol PricePort: Sendable {
  /// Fetches what is new: for an asset that is asked for the first time its whole history.
  ///
  /// Returns by the deadline, and at once when the program is to stop, with the assets that could
  /// not be fetched yet; what comes in later is seen by the next tick.
  func update(assets: [String], by deadline: MonotonicInstant) async -> [PriceFault]

  /// The time of the newest price kept of an asset, Unix seconds; nil when there is none.
  func newestTime(of asset: String) -> Int64?

  /// When the newest price kept of an asset came in; nil when that is not known.
  func newestArrival(of asset: String) -> MonotonicInstant?

  /// The prices kept of an asset with a time after `seconds`, or all of them; strictly ascending.
  func prices(of asset: String, after seconds: Int64?) -> [TickPrice]
}
