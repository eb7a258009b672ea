/// The argument of `tick`: `{"BTC":[[unix_s,price],…],…}`.
///
/// Seconds are integers, prices the shortest decimals that read back as the same double.
public struct TickPayload: Sendable {
  /// The JSON text.
  public let json: String
  /// The prices in it.
  public let priceCount: Int
  /// The oldest prices that were left out to keep within the limit.
  public let omittedPriceCount: Int

  /// Writes the prices of each asset, in the order given.
  ///
  /// When the text gets longer than `bytesMax`, the older half of each series is left out, again
  /// and again until it fits.
  public init(_ series: [(asset: String, prices: ArraySlice<TickPrice>)], bytesMax: Int = .max) {
    var kept = series
    let givenCount = series.reduce(0) { $0 + $1.prices.count }
    while true {
      let count = kept.reduce(0) { $0 + $1.prices.count }
      if let bytes = Self.write(kept, bytesMax: bytesMax) {
        json = String(decoding: bytes, as: UTF8.self)
        priceCount = count
        omittedPriceCount = givenCount - count
        return
      }
      kept = kept.map { ($0.asset, $0.prices.suffix($0.prices.count / 2)) }
    }
  }

  /// Gives nil when the text gets too long while there is still something to leave out.
  private static func write(
    _ series: [(asset: String, prices: ArraySlice<TickPrice>)], bytesMax: Int
  ) -> [UInt8]? {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    let count = series.reduce(0) { $0 + $1.prices.count }
    bytes.reserveCapacity(min(bytesMax, 2 + 26 * count + 16 * series.count))
    var isFirstAsset = true
    for entry in series {
      if !isFirstAsset { bytes.append(UInt8(ascii: ",")) }
      isFirstAsset = false
      appendText(entry.asset, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      bytes.append(UInt8(ascii: "["))
      var isFirstPrice = true
      for price in entry.prices {
        if !isFirstPrice { bytes.append(UInt8(ascii: ",")) }
        isFirstPrice = false
        bytes.append(UInt8(ascii: "["))
        bytes.append(contentsOf: price.seconds.description.utf8)
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: price.price.description.utf8)
        bytes.append(UInt8(ascii: "]"))
        if bytes.count > bytesMax, count > 0 { return nil }
      }
      bytes.append(UInt8(ascii: "]"))
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  private static func appendText(_ text: String, to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default:
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
