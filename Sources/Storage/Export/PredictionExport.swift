import Competition

/// Writes predictions or scores out as the server formats them, in constant memory.
///
/// One `COPY … TO STDOUT` in a read-only transaction: all rows are of one moment, whatever is
/// written meanwhile.
public struct PredictionExport {
  private let query: ExportQuery
  private static let doing = "export predictions"
  /// The longest silence of the server: it may sort a month of rows before the first one comes.
  static let silenceMax = Duration.seconds(600)

  /// An export of what `query` says.
  public init(_ query: ExportQuery) { self.query = query }

  /// Runs it on `connection`.
  ///
  /// - Parameters:
  ///   - connection: a session that is used for nothing else meanwhile.
  ///   - isStopped: asked before each row and every 200 ms; true ends the export.
  ///   - body: takes the bytes of one row, with its line end; a CSV header comes first.
  /// - Returns: the number of rows.
  /// - Throws: `StorageError`, of code `stopped` when `isStopped` said so; what `body` throws. The
  ///   session is closed then.
  public func run(
    on connection: PostgresConnection, isStopped: () -> Bool = { false },
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    let doing = Self.doing
    let statement = try query.statement(connection, doing: doing)
    // A long export is no statement that got stuck: it is the silence that is bounded.
    try connection.execute(
      "BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout TO 0", doing: doing)
    do {
      let count = try connection.copyOut(
        statement, doing: doing, silenceMax: Self.silenceMax, isStopped: isStopped, body)
      try connection.execute("COMMIT", doing: doing)
      return count
    } catch {
      connection.rollBack()
      throw error
    }
  }
}
