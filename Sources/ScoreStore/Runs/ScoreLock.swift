public import Storage

/// The advisory lock of scoring: batches of several workers share it, while the standings are
/// published nobody else has it. So every batch lies wholly before or after a publication.
public enum ScoreLock {
  /// "SCORING" in ASCII.
  private static let key = 0x53_434F_5249_4E47

  /// Waits for a share of the lock, which the end of the transaction gives back.
  public static func share(_ connection: PostgresConnection) throws(StorageError) {
    try connection.query(
      "SELECT pg_advisory_xact_lock_shared($1)", [.int(key)], doing: "score predictions")
  }

  /// Waits for the lock alone, until the end of the transaction.
  public static func take(_ connection: PostgresConnection) throws(StorageError) {
    try connection.query(
      "SELECT pg_advisory_xact_lock($1)", [.int(key)], doing: "publish the standings")
  }
}
