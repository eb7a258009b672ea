/// What making the schema did, for the operator.
public struct SchemaReport: Hashable, Sendable {
  /// The tables that were missing and were created, in order.
  public let createdTables: [String]
  /// The tables that were there already and were left alone.
  public let presentTables: [String]
  /// The tables of Updraft's own that were of an older version and got the columns they lacked.
  public let upgradedTables: [String]
  /// How many default `prediction_configs` were inserted; 0 when the table had rows.
  public let insertedConfigCount: Int
  /// What became of the compression of `predictions.distributions`.
  public let compression: ColumnCompression
  /// The partitions that were made ahead; none for a plain `predictions`.
  public let partitions: PartitionsMade
}

/// The compression of `predictions.distributions`.
public enum ColumnCompression: Hashable, Sendable {
  /// It was another and is lz4 now.
  case set
  /// It was lz4 already.
  case alreadySet
  /// It stays what it was; storing works, several times slower.
  case skipped(StorageError)
}

/// Which of Updraft's own tables this session can use.
public struct OwnTables: Hashable, Sendable {
  /// `updraft_failures` exists and can be inserted into.
  public let hasFailures: Bool
  /// `updraft_rounds` exists and can be inserted into.
  public let hasRounds: Bool
  /// `updraft_rounds` has the columns of version 2.
  public let hasRoundDetails: Bool
  /// `updraft_prices` exists and can be inserted into.
  public let hasPrices: Bool
  /// Why a missing one was not created, or an older one not brought up to date; nil when all is
  /// well.
  public let reason: StorageError?
}

/// The type of the time columns, which depends on what made the tables; both hold UTC.
public enum TimeColumnType: String, Hashable, Sendable {
  /// `timestamp without time zone`, what Updraft makes.
  case timestamp
  /// `timestamp with time zone`.
  case timestamptz
}
