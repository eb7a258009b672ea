import Competition
import Glibc
import Logging

/// The thread that holds a lease: its session is blocked on and watched here and nowhere else.
final class LeaseThread {
  private let configuration: DatabaseConfiguration
  private let key: LeaseKey
  private let interruption: Interruption
  private let logger: Logger
  private let onEvent: (LeaseEvent) -> Void
  private var state: LeaseState
  private var connection: PostgresConnection?
  private var lastError: StorageError?

  init(
    _ configuration: DatabaseConfiguration, _ key: LeaseKey, _ timings: LeaseTimings,
    _ interruption: Interruption, logger: Logger, onEvent: @escaping (LeaseEvent) -> Void
  ) {
    var configuration = configuration
    configuration.connectTimeout = timings.connectTimeout
    self.configuration = configuration
    self.key = key
    self.interruption = interruption
    self.logger = logger
    self.onEvent = onEvent
    state = LeaseState(timings, at: .now())
  }

  /// Runs until the interruption or the lease's end; returns why there never was a session.
  func run() -> StorageError? {
    while !interruption.isInterrupted, state.step != .end {
      do throws(StorageError) {
        try take(state.step)
      } catch {
        connection?.close()
        connection = nil
        lastError = error
        guard error.code != .stopped else { break }
        tell(state.broke(error, at: .now()))
      }
    }
    connection?.close()
    return lastError
  }

  private func take(_ step: LeaseState.Step) throws(StorageError) {
    switch step {
    case .end: break
    case .connect(let instant):
      pause(until: instant)
      guard !interruption.isInterrupted else { return }
      connection = try PostgresConnection(configuration, logger: logger, interruption: interruption)
      try session().setUp()
      state.connected(at: .now())
    case .ask(let instant):
      try watch(until: instant)
      guard !interruption.isInterrupted else { return }
      try ask()
    case .endFormer(let holder):
      try session().end(holder)
      state.formerEnded(at: .now())
    case .hold(let instant):
      try watch(until: instant)
      guard !interruption.isInterrupted else { return }
      guard try session().isHeld() else {
        throw StorageError(
          .unexpectedAnswer, "the server gave the lock away", doing: "hold the lease",
          hint: "connect to PostgreSQL itself: a pooler that shares sessions can't carry a lease")
      }
      state.checked(at: .now())
    }
  }

  private func ask() throws(StorageError) {
    let session = try session()
    if try session.ask() {
      guard let own = try session.own() else {
        throw StorageError(
          .unexpectedAnswer, "pg_locks doesn't show the lock that was given",
          doing: "take the lease",
          hint: "connect to PostgreSQL itself: a pooler that shares sessions can't carry a lease")
      }
      tell(state.granted(to: own, at: .now()))
    } else {
      tell(state.refused(for: try session.obstacle(), at: .now()))
    }
  }

  private func session() throws(StorageError) -> LeaseSession {
    guard let connection else {
      throw StorageError(.connectionLost, "there is no session", doing: "hold the lease")
    }
    return LeaseSession(connection, key)
  }

  private func watch(until instant: MonotonicInstant) throws(StorageError) {
    try connection?.watch(until: instant, doing: "hold the lease")
  }

  /// Waits without a session; poll(2) passes over a descriptor of -1.
  private func pause(until instant: MonotonicInstant) {
    _ = SocketWait.wait(on: -1, forWriting: false, until: instant, interruption: interruption)
  }

  private func tell(_ event: LeaseEvent?) { if let event { onEvent(event) } }
}
