internal import CLibPQ
import Competition

/// A running `COPY … FROM STDIN`: takes bytes in any pieces and never holds more than one chunk.
///
/// libpq copies each piece once into its send buffer. The stream stops taking bytes while the
/// server doesn't read (`PQflush` = 1), goes on when the socket is writable, and reads whatever the
/// server sends meanwhile.
final class CopyStream {
  /// The largest piece that libpq's buffer grows by, bytes: 1 MiB, so that it never holds two.
  static let chunkBytesMax = 1 << 20
  /// Bytes that may gather before they are pushed out: eight of libpq's own 8 KiB sends.
  private static let flushBytes = 64 << 10

  private let connection: PostgresConnection
  private let doing: String
  private let deadline: MonotonicInstant
  private var unflushedBytes = 0

  fileprivate init(_ connection: PostgresConnection, doing: String, deadline: MonotonicInstant) {
    self.connection = connection
    self.doing = doing
    self.deadline = deadline
  }

  /// Sends `bytes`.
  func put(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let chunk = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.chunkBytesMax))
      try putChunk(chunk)
      rest = rest.dropFirst(chunk.count)
      unflushedBytes += chunk.count
      if unflushedBytes >= Self.flushBytes {
        try connection.flush(doing: doing, until: deadline)
        unflushedBytes = 0
      }
    }
  }

  private func putChunk(_ chunk: UnsafeRawBufferPointer) throws(StorageError) {
    let start = chunk.baseAddress?.assumingMemoryBound(to: CChar.self)
    while true {
      let handle = try connection.openHandle(doing)
      switch PQputCopyData(handle, start, Int32(chunk.count)) {
      case 1: return
      case 0: try connection.flush(doing: doing, until: deadline)
      default: throw connection.lost(doing)
      }
    }
  }

  /// Ends the COPY, with `reason` as a failure, and returns the number of rows.
  fileprivate func finish(failingWith reason: String? = nil) throws(StorageError) -> Int {
    while true {
      let handle = try connection.openHandle(doing)
      switch PQputCopyEnd(handle, reason) {
      case 1: return try connection.answer(doing: doing, until: deadline).affectedCount
      case 0: try connection.flush(doing: doing, until: deadline)
      default: throw connection.lost(doing)
      }
    }
  }
}

extension PostgresConnection {
  /// Runs a `COPY … FROM STDIN` whose bytes `body` puts, and returns the number of rows.
  ///
  /// When `body` throws, the COPY is failed and the error is thrown on; nothing is stored. `extra`
  /// is time beyond the usual limit of a statement.
  func copyIn(
    _ sql: String, doing: String, extra: Duration = .zero,
    _ body: (CopyStream) throws(StorageError) -> Void
  ) throws(StorageError) -> Int {
    let deadline = statementDeadline(extra: extra)
    let handle = try openHandle(doing)
    guard PQsendQuery(handle, sql) == 1 else { throw lost(doing) }
    try flush(doing: doing, until: deadline)
    guard let result = try nextResult(doing: doing, until: deadline) else { throw lost(doing) }
    let status = PQresultStatus(result)
    let failure = status == PGRES_COPY_IN ? nil : StorageError(result, doing: doing)
    PQclear(result)
    if let failure {
      _ = try? answer(doing: doing, until: deadline)
      throw failure
    }
    let stream = CopyStream(self, doing: doing, deadline: deadline)
    do {
      try body(stream)
    } catch {
      if isUsable { _ = try? stream.finish(failingWith: "given up by the client") }
      throw error
    }
    return try stream.finish()
  }
}
