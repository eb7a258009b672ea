public import Competition
internal import EventLoop
public import Logging
public import Orchestration
import Synchronization

/// An orchestrator's WebSocket feed without processes behind it: it publishes what it is told.
public final class SimulatedOrchestrator: Sendable {
  /// The TCP port that it listens on.
  public let port: UInt16
  private let crunchID: String
  private let thread: LoopThread
  private let publisher: LoopBound<FeedPublisher>
  private let received: ReceivedReports

  private init(
    _ crunchID: String, _ port: UInt16, _ thread: LoopThread, _ publisher: LoopBound<FeedPublisher>,
    _ received: ReceivedReports
  ) {
    self.received = received
    self.crunchID = crunchID
    self.port = port
    self.thread = thread
    self.publisher = publisher
  }

  /// Starts to publish `models` as running.
  ///
  /// - Parameters:
  ///   - crunchID: The competition that clients ask for.
  ///   - models: Published as running from the start.
  ///   - port: The port to listen on; 0 lets the system choose.
  ///   - logger: Told of clients that come and go.
  /// - Returns: The orchestrator, listening.
  /// - Throws: `EventLoopError` when the port is taken.
  public static func start(
    crunchID: String, models: [ModelDescription], port: UInt16 = 0, logger: Logger
  ) async throws -> SimulatedOrchestrator {
    let thread = try LoopThread(name: "orchestrator")
    let received = ReceivedReports()
    do {
      let publisher = try await LoopBound(on: thread) { loop in
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else {
          throw EventLoopError(code: -22, during: "listen on 127.0.0.1:\(port)")
        }
        let publisher = try FeedPublisher(listen: address, loop: loop, logger: logger)
        // Before anyone can connect: a report may be a client's first message.
        publisher.onFailureReport = { _, report in received.list.withLock { $0.append(report) } }
        publisher.setModels(crunchID: crunchID, models.map { FeedEntry($0) })
        return publisher
      }
      let bound = await publisher.run { $0.address.port }
      return SimulatedOrchestrator(crunchID, bound, thread, publisher, received)
    } catch {
      await thread.stop()
      throw error
    }
  }

  /// Publishes changes: models that joined, moved or stopped.
  public func update(_ entries: [FeedEntry]) async {
    await publisher.run { [crunchID] in $0.update(crunchID: crunchID, entries) }
  }

  /// The failure reports received so far.
  public var reports: [FailureReport] { received.list.withLock { $0 } }

  /// Stops publishing.
  ///
  /// - Returns: The number of loop handles that had been left open.
  @discardableResult
  public func stop() async -> Int {
    await publisher.run { $0.close() }
    return await thread.stop()
  }
}

/// What clients have reported, filled on the loop and read from anywhere.
private final class ReceivedReports: Sendable {
  let list = Mutex<[FailureReport]>([])
}
