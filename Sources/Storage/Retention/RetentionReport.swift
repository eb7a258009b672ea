public import Competition

/// What a pruning did; also what it has done so far.
public struct RetentionReport: Hashable, Sendable {
  /// A partition that was dropped with all its rows.
  public struct DroppedPartition: Hashable, Sendable {
    /// The partition's name.
    public let name: String
    /// The disk space that it had, bytes, with its indexes.
    public let bytes: Int
  }

  /// Rows deleted one by one; tables of which none were are left out.
  public internal(set) var deletedRows: [PrunedTable: Int] = [:]
  /// The partitions that were dropped whole.
  public internal(set) var droppedPartitions: [DroppedPartition] = []
  /// The partitions that were made for the coming days.
  public internal(set) var madePartitions: [String] = []
  /// What could not be done; the next pruning tries it again.
  public internal(set) var problems: [StorageError] = []
  /// Whether it was stopped before it was done.
  public internal(set) var wasStopped = false

  /// All rows deleted one by one.
  public var rowCount: Int { deletedRows.values.reduce(0, +) }

  mutating func add(_ count: Int, of table: PrunedTable) {
    if count > 0 { deletedRows[table, default: 0] += count }
  }
}

/// What a pruning would delete of one table, or that it would drop a partition.
public struct RetentionForecast: Hashable, Sendable {
  /// The table's or the partition's name.
  public let subject: String
  /// The rows that would go; an estimate for a partition.
  public internal(set) var rows = 0
  /// Whether counting ended at its limit and there may be more.
  public internal(set) var isMore = false
  /// The earliest of the times by which the rows are old; for a partition its first time.
  public internal(set) var oldest: UTCTime?
  /// Their size, bytes, by a sample; exact for a partition, with its indexes.
  public internal(set) var bytes = 0
  /// Whether the whole partition would be dropped.
  public internal(set) var isPartition = false

  init(
    subject: String, rows: Int = 0, isMore: Bool = false, oldest: UTCTime? = nil, bytes: Int = 0,
    isPartition: Bool = false
  ) {
    self.subject = subject
    self.rows = rows
    self.isMore = isMore
    self.oldest = oldest
    self.bytes = bytes
    self.isPartition = isPartition
  }

  /// Both together, of the same subject.
  func adding(_ other: RetentionForecast) -> RetentionForecast {
    RetentionForecast(
      subject: subject, rows: rows + other.rows, isMore: isMore || other.isMore,
      oldest: [oldest, other.oldest].compactMap(\.self).min(), bytes: bytes + other.bytes,
      isPartition: isPartition)
  }
}
