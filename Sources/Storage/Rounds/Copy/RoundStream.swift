import Competition
import Logging

/// Copies a round's rows while the round is still open, in one transaction that ends with it, so
/// that little is left to do when the last answer has come.
///
/// Whatever goes wrong, the round is stored whole after its end (`RoundStore`): nothing here tries
/// again, or looks for the row that was refused.
struct RoundStream {
  private let store: RoundStore
  private let connection: PostgresConnection
  private let ownTables: OwnTables
  private let logger: Logger

  /// What an answer is taken to have when the time of the COPY is fixed, bytes: 288 densities.
  private static let typicalAnswerBytes = 64 << 10

  init(
    _ store: RoundStore, on connection: PostgresConnection, ownTables: OwnTables, logger: Logger
  ) {
    self.store = store
    self.connection = connection
    self.ownTables = ownTables
    self.logger = logger
  }

  /// Copies what is there and what comes, until the round's end is committed.
  ///
  /// Answers are dropped from memory when they are copied, if the spool has them.
  ///
  /// - Parameters:
  ///   - prepared: the round; what it has become is kept in it when this throws.
  ///   - next: waits for more, and throws when the storage stops.
  /// - Throws: `StorageError`; the round is not stored then (or all of it, if only the answer to
  ///   COMMIT was lost).
  func run(
    _ prepared: inout PreparedRound, next: () throws(StorageError) -> RoundNews
  ) throws(StorageError) {
    try store.models.write(of: prepared, on: connection)
    let copy = PredictionCopy(on: connection, logger: logger)
    let extra = extraTime(of: prepared.opening)
    try connection.transaction(doing: RoundStore.doing) { () throws(StorageError) in
      try copy.allow(extra)
      var pending = prepared.owed(in: prepared.rows.indices)
      var rows = CheckedRows(store.judge)
      while !pending.isEmpty || prepared.end == nil {
        pending = try copyOpen(&prepared, pending, &rows, extra: extra, next)
      }
      try copy.copyDoubtful(of: rows, in: &prepared)
      try store.writeReasons(of: prepared, ownTables, on: connection)
    }
  }

  /// The time that the COPY may take beyond the usual: the round's, and that of its answers.
  private func extraTime(of opening: RoundOpening) -> Duration {
    opening.timeout
      + PredictionCopy.extraTime(forBytes: opening.entries.count * Self.typicalAnswerBytes)
  }

  /// One COPY, which goes on until the round has ended or the server has something to say: an
  /// error, which is thrown, or a notice, after which another COPY goes on.
  ///
  /// - Returns: the rows that are still to be copied.
  private func copyOpen(
    _ prepared: inout PreparedRound, _ first: [Int], _ rows: inout CheckedRows, extra: Duration,
    _ next: () throws(StorageError) -> RoundNews
  ) throws(StorageError) -> [Int] {
    var pending = first
    let count = try connection.copyIn(
      PredictionEncoder.copyStatement, doing: PredictionCopy.doing, extra: extra
    ) { (stream) throws(StorageError) in
      var encoder = PredictionEncoder(stream)
      while true {
        for index in pending { try rows.put(index, of: &prepared, into: &encoder) }
        pending = []
        if prepared.end != nil || connection.hasInput { break }
        pending = prepared.take(try next())
      }
      try encoder.finish()
    }
    try PredictionCopy.check(count, of: rows.takeCount())
    return pending
  }
}
