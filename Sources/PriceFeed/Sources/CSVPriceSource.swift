public import Competition

/// Prices from a file with the columns `asset,timestamp,price`, seen as time reaches them.
///
/// The header names the columns, in any order; further columns are ignored. Timestamps are Unix
/// seconds or ISO 8601 (UTC unless it says otherwise). The file is read once, at the start.
public final class CSVPriceSource: PriceSource {
  /// The file's path, as given.
  public let name: String
  /// Points of the file that were left out.
  public let dropped: DroppedPoints

  private let series: [String: [PricePoint]]
  private let shiftSeconds: Int64
  private let now: @Sendable () -> UTCTime

  /// Reads the file.
  ///
  /// - Parameters:
  ///   - path: the file; gzip is not understood.
  ///   - replay: how its times relate to `now`.
  ///   - now: the clock; points later than it are not visible.
  /// - Throws: `PriceError`: `unreadable`, or `malformed` with the numbers of the first bad lines.
  public init(
    path: String, replay: CSVReplay = .asRecorded,
    now: @escaping @Sendable () -> UTCTime = { UTCTime.now() }
  ) throws(PriceError) {
    var table = CSVPriceTable(path: path)
    try TextLines.read(path: path) { number, line in table.lineArrived(line, number: number) }
    let recorded = try table.finish()
    name = path
    series = recorded.points
    dropped = recorded.dropped
    self.now = now
    switch replay {
    case .asRecorded: shiftSeconds = 0
    case .startingAt(let time):
      let earliest = recorded.points.values.compactMap { $0.first?.timestampSeconds }.min()
      shiftSeconds = time.secondsSinceEpoch - (earliest ?? time.secondsSinceEpoch)
    }
  }

  /// The assets of the file, in alphabetical order.
  public var assets: [String] { series.keys.sorted() }

  /// The visible points; an asset that the file doesn't have gives an empty batch.
  public func points(
    of asset: String, in span: ClosedRange<Int64>, timeout: Duration, isCancelled: () -> Bool
  ) throws(PriceError) -> PriceBatch {
    let end = min(span.upperBound, now().secondsSinceEpoch)
    guard let recorded = series[asset], span.lowerBound <= end else { return PriceBatch() }
    let first = Self.firstIndex(in: recorded, notBefore: shifted(span.lowerBound))
    let last = Self.firstIndex(in: recorded, notBefore: shifted(end) + 1)
    return PriceBatch(
      points: recorded[first..<last].map {
        PricePoint(timestampSeconds: $0.timestampSeconds + shiftSeconds, price: $0.price)
      })
  }

  /// A time of the replay as a time of the file.
  private func shifted(_ seconds: Int64) -> Int64 {
    let (result, overflow) = seconds.subtractingReportingOverflow(shiftSeconds)
    return overflow ? (seconds < 0 ? .min : .max - 1) : min(result, .max - 1)
  }

  private static func firstIndex(in points: [PricePoint], notBefore timestamp: Int64) -> Int {
    var low = 0
    var high = points.count
    while low < high {
      let middle = low + (high - low) / 2
      if points[middle].timestampSeconds < timestamp { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
