import Competition
import Logging

/// What the request thread shares with its callers.
struct RequestState {
  /// A request for the session: called once, on the request thread, with it or with the reason why
  /// there is none.
  typealias Request = @Sendable (Result<PostgresConnection, StorageError>) -> Void

  var requests: [Request] = []
  /// When the next batch of old round statistics may be deleted; nil when they are kept for ever.
  var pruneAt: MonotonicInstant?
  /// Whether the database has been reached; nothing is pruned before.
  var isConnected = false
  /// No more work is taken; the thread ends as soon as it sees this.
  var isStopping = false

  /// What the thread does next.
  enum Work {
    case requests([Request])
    case pruning
    case end
  }

  /// The next piece of work, or how long to wait for one: pruning only when nobody waits and the
  /// database is known to be there.
  mutating func nextWork(at now: MonotonicInstant) -> Monitor<RequestState>.Turn<Work> {
    if isStopping { return .ready(.end) }
    if !requests.isEmpty {
      defer { requests = [] }
      return .ready(.requests(requests))
    }
    guard isConnected, let pruneAt else { return .wait(until: nil) }
    return pruneAt <= now ? .ready(.pruning) : .wait(until: pruneAt)
  }
}

/// The thread that reads configurations and models, and deletes old statistics, with a session of
/// its own: the storage thread's is busy for as long as a round is open, and a tick can't wait for
/// that. The session is opened when it is first needed.
///
/// Everything here but `init` runs on that thread.
final class RequestThread {
  private let session: DatabaseSession
  private let requests: Monitor<RequestState>
  private let storage: Monitor<StorageState>
  private let pruner: RoundPruner?
  private let logger: Logger

  init(
    _ session: DatabaseSession, requests: Monitor<RequestState>,
    storage: Monitor<StorageState>, pruner: RoundPruner?, logger: Logger
  ) {
    self.session = session
    self.requests = requests
    self.storage = storage
    self.pruner = pruner
    self.logger = logger
  }

  /// Works until it is stopped; requests that wait then fail.
  func run() {
    while true {
      switch requests.wait({ $0.nextWork(at: .now()) }) {
      case .end:
        session.close()
        let left = requests.withLock { state in
          defer { state.requests = [] }
          return state.requests
        }
        for request in left { request(.failure(.writerStopped)) }
        return
      case .requests(let requests): serve(requests)
      case .pruning: pruneBatch()
      }
    }
  }

  /// Serves requests in order; when there is no session, all of them fail with the one reason.
  private func serve(_ waiting: [RequestState.Request]) {
    var failure: StorageError?
    for request in waiting {
      do throws(StorageError) {
        if let failure { throw failure }
        let connection = try session.open()
        note(failure: nil)
        request(.success(connection))
        // A request may have made tables: the storage thread looks again before its next round.
        storage.withLock { $0.schemaMayHaveChanged = true }
      } catch {
        failure = error
        note(failure: error)
        request(.failure(error))
      }
    }
  }

  /// Deletes some old statistics and, after the last batch, makes the coming partitions; what fails
  /// is tried again with the next pruning.
  private func pruneBatch() {
    guard let pruner else { return }
    var pause = RoundPruner.interval
    var count = 0
    do throws(StorageError) {
      let connection = try session.open()
      if try SchemaInitializer(connection).ownTables().hasRounds {
        count = try pruner.deleteBatch(on: connection, at: .now())
        if count == RoundPruner.batchRowsMax { pause = RoundPruner.batchPause }
      }
      if pause == RoundPruner.interval {
        _ = try PartitionMaker(connection).makeAhead(at: .now())
      }
      note(failure: nil)
    } catch {
      guard error.code != .stopped else { return }
      logger.warning("old round statistics stay", metadata: ["reason": "\(error)"])
      note(failure: error)
    }
    let next = MonotonicInstant.now().advanced(by: pause)
    requests.withLock { $0.pruneAt = next }
    storage.withLock { $0.statistics.prunedRounds += count }
  }

  private func note(failure: StorageError?) {
    requests.withLock { $0.isConnected = failure.map { !$0.endsConnection } ?? true }
    storage.withLock { $0.statistics.note(failure: failure) }
  }
}
