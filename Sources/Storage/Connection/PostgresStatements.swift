internal import CLibPQ
import Competition

/// How the values of an answer travel.
public enum PostgresFormat: Int32, Sendable {
  /// As text, as psql shows them.
  case text = 0
  /// In PostgreSQL's binary form.
  case binary = 1
}

extension PostgresConnection {
  /// Runs one or more statements without parameters and drops their rows.
  ///
  /// - Parameters:
  ///   - sql: the statements, separated by semicolons.
  ///   - doing: what it is for, completes "could not …".
  /// - Throws: `StorageError`; the session is closed when it broke or gave no answer in time.
  public func execute(_ sql: String, doing: String) throws(StorageError) {
    _ = try run(sql, doing: doing)
  }

  /// Runs one or more statements in one message; returns the rows of the last, in text format.
  ///
  /// Without BEGIN they are one transaction to the server, which ends without another message.
  func run(_ sql: String, doing: String) throws(StorageError) -> PostgresRows {
    let handle = try openHandle(doing)
    guard PQsendQuery(handle, sql) == 1 else { throw lost(doing) }
    return try answer(doing: doing, until: statementDeadline())
  }

  /// Runs one statement.
  ///
  /// - Parameters:
  ///   - sql: the statement, with `$1`, `$2`, … for the parameters.
  ///   - parameters: the values, in order.
  ///   - format: how the answer's values travel; typed reads want the default, binary.
  ///   - doing: what it is for, completes "could not …".
  /// - Returns: its rows, none for a statement that has no answer.
  /// - Throws: `StorageError`; the session is closed when it broke or gave no answer in time.
  @discardableResult
  public func query(
    _ sql: String, _ parameters: [PostgresParameter] = [], format: PostgresFormat = .binary,
    doing: String
  ) throws(StorageError) -> PostgresRows {
    let handle = try openHandle(doing)
    guard send(sql, parameters, format: format, on: handle) == 1 else { throw lost(doing) }
    return try answer(doing: doing, until: statementDeadline())
  }

  /// Runs `body` between BEGIN and COMMIT; rolls back and rethrows when it throws.
  public func transaction<Result>(
    doing: String, _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try execute("BEGIN", doing: doing)
    let result: Result
    do throws(StorageError) {
      result = try body()
      // A transaction that failed unseen ends in a rollback, which is no error to the server.
      guard try run("COMMIT", doing: doing).commandTag == "COMMIT" else {
        throw StorageError(.unexpectedAnswer, "the transaction had failed before", doing: doing)
      }
    } catch {
      rollBack()
      throw error
    }
    return result
  }

  /// Ends an open transaction, whatever its state; a failure closes the session.
  package func rollBack() {
    guard isUsable, isInTransaction else { return }
    do { try execute("ROLLBACK", doing: "roll back") } catch { close() }
  }

  private func send(
    _ sql: String, _ parameters: [PostgresParameter], format: PostgresFormat,
    on handle: OpaquePointer
  ) -> Int32 {
    // All values in one block, each followed by a NUL, which text values need.
    var block: [UInt8] = []
    var offsets: [Int?] = []
    var lengths: [Int32] = []
    for parameter in parameters {
      let bytes = parameter.bytes
      offsets.append(bytes == nil ? nil : block.count)
      lengths.append(Int32(clamping: bytes?.count ?? 0))
      block += bytes ?? []
      block.append(0)
    }
    let types = parameters.map(\.type)
    let formats = parameters.map { $0.isBinary ? Int32(1) : 0 }
    return block.withUnsafeBytes { block in
      let start = block.baseAddress?.assumingMemoryBound(to: CChar.self)
      let values = offsets.map { offset in offset.flatMap { start?.advanced(by: $0) } }
      return PQsendQueryParams(
        handle, sql, Int32(parameters.count), types, values, lengths, formats, format.rawValue)
    }
  }

  /// Sends what is left and waits for the end of the statement: its last rows, or its first error.
  func answer(doing: String, until deadline: MonotonicInstant) throws(StorageError) -> PostgresRows
  {
    try flush(doing: doing, until: deadline)
    var rows: PostgresRows?
    var failure: StorageError?
    while let result = try nextResult(doing: doing, until: deadline) {
      let owned = PostgresRows(takingOwnership: result)
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: rows = owned
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        close()
        throw StorageError(.unexpectedAnswer, "the statement is a COPY", doing: doing)
      default: failure = failure ?? StorageError(result, doing: doing)
      }
    }
    if let failure {
      guard isUsable, !failure.endsConnection else {
        close()
        throw StorageError(
          .connectionLost, sqlState: failure.sqlState, failure.message, doing: doing)
      }
      throw failure
    }
    guard let rows else { throw lost(doing) }
    return rows
  }

  /// The next result of the statement, nil after the last; the caller owns it.
  func nextResult(
    doing: String, until deadline: MonotonicInstant
  ) throws(StorageError) -> OpaquePointer? {
    let handle = try openHandle(doing)
    while PQisBusy(handle) == 1 {
      _ = try wait(forWriting: false, until: deadline, doing: doing)
      guard PQconsumeInput(handle) == 1 else { break }
    }
    // After a broken read PQgetResult gives an error result, then nil, without waiting.
    return PQgetResult(handle)
  }

  /// Sends everything that libpq holds, reading meanwhile so that both sides never wait for each
  /// other.
  func flush(doing: String, until deadline: MonotonicInstant) throws(StorageError) {
    let handle = try openHandle(doing)
    while true {
      switch PQflush(handle) {
      case 0: return
      case 1: break
      default: throw lost(doing)
      }
      let outcome = try wait(forWriting: true, until: deadline, doing: doing)
      if outcome != .writable, PQconsumeInput(handle) == 0 { throw lost(doing) }
    }
  }
}

extension StorageError {
  /// The error that the server reports in `result`.
  init(_ result: OpaquePointer, doing: String) {
    func field(_ code: Int32) -> String? {
      PQresultErrorField(result, code).map { String(cString: $0) }
    }
    let state = field(Int32(UInt8(ascii: "C")))
    let primary = field(Int32(UInt8(ascii: "M"))) ?? String(cString: PQresultErrorMessage(result))
    let detail = field(Int32(UInt8(ascii: "D"))).map { ": \($0)" } ?? ""
    self.init(
      Self.code(state), sqlState: state, (primary + detail).oneLine.limited(toBytes: 1_000),
      doing: doing, context: field(Int32(UInt8(ascii: "W"))))
  }

  private static func code(_ sqlState: String?) -> Code {
    switch sqlState {
    case nil: .connectionLost
    case "42P01", "42703", "3F000": .schema
    case "42501", "25006": .privileges
    default: .statement
    }
  }
}

extension String {
  /// The text cut to at most `limit` bytes of UTF-8, marked with `…` when cut.
  package func limited(toBytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var kept = String(decoding: utf8.prefix(max(0, limit - 6)), as: UTF8.self)
    if kept.unicodeScalars.last == "\u{FFFD}" { kept.unicodeScalars.removeLast() }
    return kept + "…"
  }
}
