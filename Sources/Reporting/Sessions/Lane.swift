import Competition
import Dispatch
import Logging
import Storage

/// One session and the queue, with a thread of its own, that alone uses it.
final class Lane: Sendable {
  let queue: DispatchQueue
  private let configuration: DatabaseConfiguration
  private let logger: Logger
  // Touched by blocks of `queue` only, one after another.
  nonisolated(unsafe) private var connection: PostgresConnection?
  nonisolated(unsafe) private var wasReachable = true

  init(number: Int, _ configuration: DatabaseConfiguration, logger: Logger) {
    queue = DispatchQueue(label: "updraft.report.session\(number)")
    self.configuration = configuration
    self.logger = logger
  }

  /// Runs `body` with the session, opening it when there is none. To be called on `queue`.
  func run<Value>(
    _ body: (PostgresConnection) throws(StorageError) -> Value
  ) -> Result<Value, StorageError> {
    let isOld = connection != nil
    let result = attempt(body)
    // The server may have been restarted since the session was last used.
    if case .failure(let error) = result, error.code == .connectionLost, isOld {
      return attempt(body)
    }
    return result
  }

  /// Ends the session. To be called on `queue`.
  func close() {
    connection?.close()
    connection = nil
  }

  private func attempt<Value>(
    _ body: (PostgresConnection) throws(StorageError) -> Value
  ) -> Result<Value, StorageError> {
    do throws(StorageError) {
      let value = try body(try open())
      return .success(value)
    } catch {
      if connection?.isUsable != true { close() }
      tell(error)
      return .failure(error)
    }
  }

  private func open() throws(StorageError) -> PostgresConnection {
    if let connection { return connection }
    let opened = try PostgresConnection(configuration, logger: logger)
    do throws(StorageError) {
      try opened.execute(
        "SET default_transaction_read_only TO on", doing: "set up the database session")
    } catch {
      opened.close()
      throw error
    }
    connection = opened
    if !wasReachable {
      wasReachable = true
      logger.notice("the database is back", metadata: ["database": "\(configuration.summary)"])
    }
    return opened
  }

  private func tell(_ error: StorageError) {
    if error.isAbsence {
      guard wasReachable else { return }
      wasReachable = false
      logger.warning("the database is away", metadata: ["reason": "\(error)"])
    } else if error.code != .schema {
      logger.warning("a question failed", metadata: ["reason": "\(error)"])
    }
  }
}
