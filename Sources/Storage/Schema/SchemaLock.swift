/// The advisory lock that everything of Updraft that makes tables takes.
enum SchemaLock {
  /// "UPDRAFT" in ASCII.
  private static let key = 0x55_5044_5241_4654

  /// Waits for the lock, which the end of the transaction gives back.
  static func take(_ connection: PostgresConnection, doing: String) throws(StorageError) {
    try connection.query("SELECT pg_advisory_xact_lock($1)", [.int(key)], doing: doing)
  }
}
