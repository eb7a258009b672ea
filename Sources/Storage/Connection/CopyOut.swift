internal import CLibPQ
import Competition
import Glibc

extension PostgresConnection {
  /// How often a wait for data looks whether it is to stop.
  private static let lookEvery = Duration.milliseconds(200)

  /// Runs a `COPY … TO STDOUT` and gives each row's bytes, with their line end, to `body`.
  ///
  /// One row at a time is in memory. While `body` takes its time the server waits.
  ///
  /// - Parameters:
  ///   - sql: the statement.
  ///   - doing: what it is for, completes "could not …".
  ///   - silenceMax: how long the server may be silent: it gives up nothing that goes on.
  ///   - isStopped: asked before each row and while waiting; true ends the COPY.
  ///   - body: takes a row; the bytes are gone when it returns.
  /// - Returns: the number of rows, without a header.
  /// - Throws: what `body` throws; `StorageError`, of code `stopped` when `isStopped` said so. The
  ///   session is closed in both cases, since the rest of the rows would still come.
  package func copyOut(
    _ sql: String, doing: String, silenceMax: Duration, isStopped: () -> Bool,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    var deadline = MonotonicInstant.now().advanced(by: silenceMax)
    try beginCopyOut(sql, doing: doing, until: deadline, isStopped: isStopped)
    while true {
      let handle = try openHandle(doing)
      if isStopped() { throw stopped(doing) }
      var bytes: UnsafeMutablePointer<CChar>?
      let count = PQgetCopyData(handle, &bytes, 1)
      defer { PQfreemem(bytes) }
      switch count {
      case 1...:
        do {
          try body(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        } catch {
          close()
          throw error
        }
        deadline = .now().advanced(by: silenceMax)
      case 0: try waitForRow(doing: doing, until: deadline, isStopped: isStopped)
      // The end, or an error: the result tells which.
      default: return try answer(doing: doing, until: statementDeadline()).affectedCount
      }
    }
  }

  private func beginCopyOut(
    _ sql: String, doing: String, until deadline: MonotonicInstant, isStopped: () -> Bool
  ) throws(StorageError) {
    let handle = try openHandle(doing)
    guard PQsendQuery(handle, sql) == 1 else { throw lost(doing) }
    try flush(doing: doing, until: deadline)
    while PQisBusy(handle) == 1 {
      try waitForRow(doing: doing, until: deadline, isStopped: isStopped)
    }
    guard let result = try nextResult(doing: doing, until: deadline) else { throw lost(doing) }
    defer { PQclear(result) }
    guard PQresultStatus(result) != PGRES_COPY_OUT else { return }
    let failure = StorageError(result, doing: doing)
    while let rest = try nextResult(doing: doing, until: deadline) { PQclear(rest) }
    throw failure
  }

  /// Waits for bytes until `deadline`, looking from time to time whether it is to stop.
  private func waitForRow(
    doing: String, until deadline: MonotonicInstant, isStopped: () -> Bool
  ) throws(StorageError) {
    while true {
      let handle = try openHandle(doing)
      let look = min(deadline, .now().advanced(by: Self.lookEvery))
      let outcome = SocketWait.wait(
        on: PQsocket(handle), forWriting: false, until: look, interruption: interruption)
      switch outcome {
      case .readable, .writable, .both:
        guard PQconsumeInput(handle) == 1 else { throw lost(doing) }
        return
      case .interrupted: throw stopped(doing)
      case .timedOut:
        if isStopped() { throw stopped(doing) }
        guard deadline.since(.now()) <= .zero else { continue }
        close()
        throw StorageError(.timedOut, "the server sent nothing for too long", doing: doing)
      }
    }
  }

  private func stopped(_ doing: String) -> StorageError {
    close()
    return StorageError(.stopped, "it was stopped", doing: doing)
  }

  /// The text as a literal of SQL, with its quotes, for statements that take no parameters; a NUL
  /// becomes U+FFFD.
  package func literal(_ text: String, doing: String) throws(StorageError) -> String {
    let handle = try openHandle(doing)
    let bytes = Array(text.withoutNUL.utf8)
    let quoted = bytes.withUnsafeBytes {
      PQescapeLiteral(handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
    guard let quoted else { throw lost(doing) }
    defer { PQfreemem(quoted) }
    return String(cString: quoted)
  }
}
