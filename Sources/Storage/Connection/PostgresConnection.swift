internal import CLibPQ
import Competition
public import Logging

/// One session of a PostgreSQL server, used by one thread at a time.
///
/// libpq runs non-blocking below it: every wait is a poll(2) with a deadline. Its life ends with
/// `close()`, which must be called; a failure that breaks the session closes it as well
/// (`isUsable`). Only the name lookup of the host may wait longer than the deadline: the system's
/// resolver limits it.
public final class PostgresConnection {
  /// What the session was opened with.
  public let configuration: DatabaseConfiguration
  /// The server's version as a number, for example 150020 for 15.20.
  public let serverVersion: Int

  /// The server's version as people write it: `15.14` for 150014.
  public var serverVersionText: String { "\(serverVersion / 10_000).\(serverVersion % 10_000)" }
  /// Where the server's notices go.
  let logger: Logger
  let interruption: Interruption?
  private(set) var handle: OpaquePointer?

  /// The oldest server that is supported: 14, the first with lz4 for columns.
  public static let serverVersionMin = 140_000
  /// How much longer than the server's own limit a statement is waited for.
  static let answerGrace = Duration.seconds(5)

  /// Opens a session and sets it up: UTC, UTF-8, statement and lock timeouts.
  ///
  /// - Throws: `StorageError`: `configuration`, `unreachable`, `authentication`,
  ///   `databaseMissing`, `timedOut`, `statement`.
  public convenience init(
    _ configuration: DatabaseConfiguration, logger: Logger = Logger(label: "updraft.storage")
  ) throws(StorageError) {
    try self.init(configuration, logger: logger, interruption: nil)
  }

  init(
    _ configuration: DatabaseConfiguration, logger: Logger, interruption: Interruption?
  ) throws(StorageError) {
    let opening = PostgresOpening(configuration, interruption: interruption)
    let handle = try opening.open()
    self.configuration = configuration
    self.logger = logger
    self.interruption = interruption
    self.handle = handle
    serverVersion = Int(PQserverVersion(handle))
    PQsetNoticeProcessor(
      handle, postgresConnectionDidReceiveNotice, Unmanaged.passUnretained(self).toOpaque())
    do {
      try setUpSession()
    } catch {
      close()
      throw error
    }
  }

  deinit { assert(handle == nil, "a PostgresConnection must be closed") }

  /// Ends the session; calling it again does nothing.
  public func close() {
    guard let handle else { return }
    self.handle = nil
    PQfinish(handle)
  }

  /// Whether the session can take a statement, as far as is known without asking the server.
  public var isUsable: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

  /// Whether a transaction is open or has failed and waits for its rollback.
  public var isInTransaction: Bool {
    handle.map { PQtransactionStatus($0) != PQTRANS_IDLE } ?? false
  }

  /// The server process that serves this session, as `pg_terminate_backend` takes it.
  public var backendProcessID: Int { handle.map { Int(PQbackendPID($0)) } ?? 0 }

  /// Looks whether the server has ended the session meanwhile, without asking it anything.
  func noticesEnd() -> Bool {
    guard let handle else { return true }
    // Each turn reads what is there; at the end of the stream the status changes.
    while PQstatus(handle) == CONNECTION_OK, isReadable(handle) {
      _ = PQconsumeInput(handle)
      while PQisBusy(handle) == 0, let result = PQgetResult(handle) { PQclear(result) }
    }
    return PQstatus(handle) != CONNECTION_OK
  }

  /// Whether the server has said something that has not been read.
  var hasInput: Bool { handle.map(isReadable) ?? true }

  private func isReadable(_ handle: OpaquePointer) -> Bool {
    let outcome = SocketWait.wait(
      on: PQsocket(handle), forWriting: false, until: .now(), interruption: nil)
    return outcome != .timedOut
  }

  /// The end of the time that a statement beginning now has; `extra` is given beyond the usual.
  func statementDeadline(extra: Duration = .zero) -> MonotonicInstant {
    .now().advanced(by: configuration.statementTimeout + extra + Self.answerGrace)
  }

  /// The handle, or the error that the session is closed.
  func openHandle(_ doing: String) throws(StorageError) -> OpaquePointer {
    guard let handle else {
      throw StorageError(.connectionLost, "the database session is closed", doing: doing)
    }
    return handle
  }

  /// Waits for the socket; closes the session when the wait fails.
  func wait(
    forWriting: Bool, until deadline: MonotonicInstant, doing: String
  ) throws(StorageError) -> SocketWait {
    let handle = try openHandle(doing)
    let outcome = SocketWait.wait(
      on: PQsocket(handle), forWriting: forWriting, until: deadline, interruption: interruption)
    switch outcome {
    case .readable, .writable, .both: return outcome
    case .timedOut:
      close()
      throw StorageError(.timedOut, "the server gave no answer in time", doing: doing)
    case .interrupted:
      close()
      throw StorageError(.stopped, "the storage is stopping", doing: doing)
    }
  }

  /// The error of a session that broke; closes it.
  func lost(_ doing: String) -> StorageError {
    let text = handle.map { String(cString: PQerrorMessage($0)) } ?? ""
    close()
    // libpq explains in further lines what the first one may mean.
    let line = text.split { $0.isNewline }.first.map { String($0).oneLine }
    return StorageError(.connectionLost, line ?? "the session ended", doing: doing)
  }

  private func setUpSession() throws(StorageError) {
    guard serverVersion >= Self.serverVersionMin else {
      throw StorageError(
        .configuration, "the server is PostgreSQL \(serverVersion / 10_000)",
        doing: "use \(configuration.summary)", hint: "PostgreSQL 14 or later is needed")
    }
    try execute(
      """
      SET TimeZone TO 'UTC'; SET DateStyle TO 'ISO'; SET client_min_messages TO warning;
      SET statement_timeout TO \(configuration.statementTimeout.milliseconds);
      SET lock_timeout TO \(configuration.lockTimeout.milliseconds)
      """, doing: "set up the database session")
  }
}

/// Logs a notice of the server.
private func postgresConnectionDidReceiveNotice(
  _ context: UnsafeMutableRawPointer?, _ text: UnsafePointer<CChar>?
) {
  guard let context, let text else { return }
  let connection = Unmanaged<PostgresConnection>.fromOpaque(context).takeUnretainedValue()
  connection.logger.debug("database notice", metadata: ["text": "\(String(cString: text).oneLine)"])
}

extension String {
  /// The text on one line: line breaks and tabs become spaces, none at the ends.
  var oneLine: String {
    split { $0.isNewline || $0 == "\t" }.joined(separator: " ").trimmingSpaces
  }

  private var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
