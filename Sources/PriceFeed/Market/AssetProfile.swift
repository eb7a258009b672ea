/// What a simulated asset looks like.
public struct AssetProfile: Hashable, Sendable {
  /// The asset's code.
  public let asset: String
  /// The level that the price wanders around.
  public let startPrice: Double
  /// The standard deviation of a year's log return: 0.5 is 50 % a year.
  public let annualVolatility: Double

  /// Describes an asset; price and volatility must be finite and above 0, else nil.
  public init?(asset: String, startPrice: Double, annualVolatility: Double) {
    guard PricePoint.isPlausible(startPrice), annualVolatility.isFinite,
      annualVolatility > 0, annualVolatility <= 10
    else { return nil }
    self.init(asset, startPrice, annualVolatility)
  }

  /// The profile of a known asset, or one made from the code's letters, the same every time.
  public init(asset: String) {
    if let known = Self.known.first(where: { $0.asset == asset }) {
      self = known
    } else {
      var hash = MarketHash(seed: 0x6d61_726b_6574, text: asset)
      let decades = hash.uniform() * 4
      self.init(asset, MarketMath.power(10, decades), 0.2 + 0.6 * hash.uniform())
    }
  }

  private init(_ asset: String, _ startPrice: Double, _ annualVolatility: Double) {
    self.asset = asset
    self.startPrice = startPrice
    self.annualVolatility = annualVolatility
  }

  private static let known = [
    AssetProfile("BTC", 95_000, 0.50), AssetProfile("ETH", 3_300, 0.65),
    AssetProfile("XAU", 4_100, 0.16), AssetProfile("SOL", 190, 0.85),
  ]
}
