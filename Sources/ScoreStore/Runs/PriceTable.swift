import Competition
public import Storage

/// The table `updraft_prices`: the prices that scores were made from. The first value of an asset
/// and a time wins, for good, so that scoring again gives the same.
public struct PriceTable {
  /// A price at a time.
  public typealias Point = (timestampSeconds: Int64, price: Double)

  private let connection: PostgresConnection
  private static let doing = "keep the prices"
  /// Points of one statement, about 200 KB.
  private static let pointsMax = 5_000

  /// The table as `connection` sees it.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// The points of an asset in a span of Unix seconds, both ends included, in order of time.
  public func load(
    _ asset: String, in span: ClosedRange<Int64>
  ) throws(StorageError) -> [Point] {
    let rows = try connection.query(
      """
      SELECT ts, price FROM updraft_prices
      WHERE asset = $1 AND ts >= $2 AND ts <= $3 AND price > 0 AND price < 'Infinity' ORDER BY ts
      """,
      [
        .text(asset), .time(UTCTime(secondsSinceEpoch: span.lowerBound)),
        .time(UTCTime(secondsSinceEpoch: span.upperBound)),
      ], doing: "read the kept prices")
    var points: [Point] = []
    points.reserveCapacity(rows.count)
    for row in rows { points.append((try row.time(0).secondsSinceEpoch, try row.double(1))) }
    return points
  }

  /// Keeps points; of a time that is there already the price that is there stays.
  ///
  /// - Returns: how many were new.
  @discardableResult
  public func keep(_ points: [Point], of asset: String) throws(StorageError) -> Int {
    var count = 0
    var rest = points[...]
    while !rest.isEmpty {
      let chunk = rest.prefix(Self.pointsMax)
      count += try connection.query(
        """
        INSERT INTO updraft_prices (asset, ts, price)
        SELECT $1, ts::timestamp, price::float8 FROM unnest($2::text[], $3::text[]) AS p (ts, price)
        ON CONFLICT (asset, ts) DO NOTHING
        """,
        [
          .text(asset),
          .texts(chunk.map { UTCTime(secondsSinceEpoch: $0.timestampSeconds).iso8601 }),
          .texts(chunk.map { "\($0.price)" }),
        ], doing: Self.doing
      ).affectedCount
      rest = rest.dropFirst(chunk.count)
    }
    return count
  }
}
