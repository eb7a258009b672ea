internal import CLibPQ
import Competition
import Glibc

/// Opens a session: libpq's connection steps, each waited for with poll(2) until one deadline.
struct PostgresOpening {
  private let configuration: DatabaseConfiguration
  private let interruption: Interruption?
  private let deadline: MonotonicInstant

  init(_ configuration: DatabaseConfiguration, interruption: Interruption?) {
    self.configuration = configuration
    self.interruption = interruption
    deadline = .now().advanced(by: configuration.connectTimeout)
  }

  /// Returns an open non-blocking connection, which the caller must finish.
  func open() throws(StorageError) -> OpaquePointer {
    guard let handle = start() else { throw failure(.unreachable, "out of memory") }
    do throws(StorageError) {
      guard PQstatus(handle) != CONNECTION_BAD else { throw classified(handle) }
      PQsetNoticeProcessor(handle, postgresOpeningDidReceiveNotice, nil)
      // The verbose form carries the SQLSTATE, which libpq doesn't offer for connection failures.
      PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
      try complete(handle)
      PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
      guard PQsetnonblocking(handle, 1) == 0 else { throw classified(handle) }
      return handle
    } catch {
      PQfinish(handle)
      throw error
    }
  }

  private func start() -> OpaquePointer? {
    let pairs = configuration.keywords
    let names = pairs.map { strdup($0.name) }
    let values = pairs.map { strdup($0.value) }
    defer { (names + values).forEach { free($0) } }
    let namePointers = names.map { UnsafePointer($0) } + [nil]
    let valuePointers = values.map { UnsafePointer($0) } + [nil]
    return PQconnectStartParams(namePointers, valuePointers, 1)
  }

  private func complete(_ handle: OpaquePointer) throws(StorageError) {
    var forWriting = true
    while true {
      let outcome = SocketWait.wait(
        on: PQsocket(handle), forWriting: forWriting, readingToo: !forWriting, until: deadline,
        interruption: interruption)
      switch outcome {
      case .timedOut:
        throw failure(.unreachable, "no answer within \(configuration.connectTimeout.text)")
      case .interrupted: throw failure(.stopped, "the storage is stopping")
      case .readable, .writable, .both: break
      }
      switch PQconnectPoll(handle) {
      case PGRES_POLLING_OK: return
      case PGRES_POLLING_READING: forWriting = false
      case PGRES_POLLING_WRITING: forWriting = true
      default: throw classified(handle)
      }
    }
  }

  private func failure(
    _ code: StorageError.Code, sqlState: String? = nil, _ message: String
  ) -> StorageError {
    StorageError(
      code, sqlState: sqlState, message, doing: "connect to the database (\(configuration.summary))"
    )
  }

  /// Sorts libpq's text: `FATAL:  28P01: password authentication failed for user "x"`.
  private func classified(_ handle: OpaquePointer) -> StorageError {
    let text = String(cString: PQerrorMessage(handle))
    // With several addresses there are several paragraphs; the last one is about the last try.
    let lines = text.split(separator: "\n").map(String.init)
    let tries = lines.filter { !$0.hasPrefix("\t") && !$0.hasPrefix("LOCATION") }
    let line = tries.last(where: { $0.contains("FATAL") }) ?? tries.last ?? "no reason given"
    guard let severity = line.firstRange(of: "FATAL:  ") else {
      let isPassword = line.contains("no password supplied")
      return failure(isPassword ? .authentication : .unreachable, Self.shortened(line).oneLine)
    }
    let rest = line[severity.upperBound...]
    let state = String(rest.prefix(5))
    guard rest.dropFirst(5).hasPrefix(": ") else {
      return failure(.unreachable, String(rest).oneLine)
    }
    return failure(
      Self.code(state), sqlState: state, String(rest.dropFirst(7)).oneLine)
  }

  private static func code(_ sqlState: String) -> StorageError.Code {
    switch sqlState {
    case _ where sqlState.hasPrefix("28"): .authentication
    case "3D000": .databaseMissing
    case "42501": .privileges
    default: .unreachable
    }
  }

  /// `connection to server at "h", port 1 failed: Connection refused` → `Connection refused`; where
  /// it was is in the error already.
  private static func shortened(_ line: String) -> String {
    guard line.hasPrefix("connection to server"), let end = line.firstRange(of: " failed: ") else {
      return line
    }
    return String(line[end.upperBound...])
  }
}

/// Drops what the server says while a session opens, which libpq would print on standard error,
/// between the lines of the log: when it matters, the next step fails with it.
private func postgresOpeningDidReceiveNotice(
  _: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?
) {}
