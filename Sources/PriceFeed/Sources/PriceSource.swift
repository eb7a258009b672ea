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
  /// - Throws: `PriceError`; an asset that the source doesn't know may also be an empty batch.
  func points(
    of asset: String, in span: ClosedRange<Int64>, timeout: Duration, isCancelled: () -> Bool
  ) throws(PriceError) -> PriceBatch
}
