public import Competition

/// The table `predictions`, apart from storing rounds, which `RoundWriter` does.
public struct PredictionTable {
  private let connection: PostgresConnection

  /// The table as `connection` sees it.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// The newest `performed_at`; nil when the table is empty.
  public func lastPerformedAt() throws(StorageError) -> UTCTime? {
    let rows = try connection.query(
      "SELECT max(performed_at) FROM predictions", doing: "look for the newest prediction")
    return try rows.first.flatMap { (row) throws(StorageError) in
      try row.optional(0, row.time)
    }
  }
}
