public import Competition

/// The table `predictions`, as far as it is read.
public struct PredictionTable {
  private let connection: PostgresConnection

  /// The table as `connection` sees it.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// The time of the newest round that is stored, by the index of `performed_at`; nil when there is
  /// none.
  public func newestPerformedAt() throws(StorageError) -> UTCTime? {
    let rows = try connection.query(
      "SELECT performed_at FROM predictions ORDER BY performed_at DESC LIMIT 1",
      doing: "look for the newest round")
    return try rows.first?.time(0)
  }
}
