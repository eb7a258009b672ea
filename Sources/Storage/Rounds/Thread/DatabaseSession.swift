import Logging

/// One thread's way to the database: a session that is opened when it is needed, and anew when it
/// broke.
///
/// Life: `close()` ends the session that is open; the next `open()` makes another.
final class DatabaseSession {
  private let configuration: DatabaseConfiguration
  private let interruption: Interruption
  private let logger: Logger
  private let onOpened: () -> Void
  private var connection: PostgresConnection?
  /// How many sessions have been opened.
  private(set) var openedCount = 0

  /// No session yet; `onOpened` is called for each one that is opened.
  init(
    _ configuration: DatabaseConfiguration, interruption: Interruption, logger: Logger,
    onOpened: @escaping () -> Void
  ) {
    self.configuration = configuration
    self.interruption = interruption
    self.logger = logger
    self.onOpened = onOpened
  }

  /// The session, without an open transaction.
  ///
  /// - Throws: `StorageError` when the database can't be reached, or the storage stops.
  func open() throws(StorageError) -> PostgresConnection {
    if let connection {
      if connection.isUsable, !connection.noticesEnd() {
        connection.rollBack()
        if connection.isUsable { return connection }
      }
      close()
    }
    let opened = try PostgresConnection(configuration, logger: logger, interruption: interruption)
    connection = opened
    openedCount += 1
    onOpened()
    return opened
  }

  /// Ends the session; calling it again does nothing.
  func close() {
    connection?.close()
    connection = nil
  }
}
