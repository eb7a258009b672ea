/// A tick's argument: minute prices of one asset.
public enum PriceHistoryText {
  /// `{"BTC": [[time, price], …]}`, as many points as fit `byteCount` bytes, one at least.
  public static func json(byteCount: Int) -> String {
    let start = 1_795_345_314
    let point = { (index: Int) in "[\(start + 60 * index).0, 100000.25]" }
    let size = point(0).utf8.count + 2
    let points = (0..<max(1, byteCount / size)).map(point)
    return "{\"BTC\": [" + points.joined(separator: ", ") + "]}"
  }
}
