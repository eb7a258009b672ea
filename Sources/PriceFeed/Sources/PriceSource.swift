/// Where prices come from; asked by one thread, one request at a time.
public protocol PriceSource: Sendable {
  /// What logs call it: an address without secrets, or a file.
  var name: String { get }

  /// The points of an asset in a span of time, from one request without retries.
  ///
  /// - Parameters:
  ///   - asset: the asset's code, such as `BTC`.
  ///   - span: Unix seconds, both ends included.
  ///   - timeout: when to give up.
  ///   - isCancelled: asked often while waiting; true ends the request soon.
  /// - Returns: clean points; none when the source doesn't know the asset, unless it says so.
  /// - Throws: `PriceError`.
  func points(
    of asset: String, in span: ClosedRange<Int64>, timeout: Duration, isCancelled: () -> Bool
  ) throws(PriceError) -> PriceBatch
}
