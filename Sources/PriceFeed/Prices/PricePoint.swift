/// One price of one asset.
public struct PricePoint: Hashable, Sendable {
  /// Unix seconds, UTC.
  public let timestampSeconds: Int64
  /// In the asset's quote currency; finite and greater than 0.
  public let price: Double

  /// Wraps a time and a price; the sources check the values.
  public init(timestampSeconds: Int64, price: Double) {
    self.timestampSeconds = timestampSeconds
    self.price = price
  }

  /// Whether a source's number can be a price.
  public static func isPlausible(_ price: Double) -> Bool { price.isFinite && price > 0 }
}
