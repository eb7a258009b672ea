import Competition
public import EventLoop
import JSON
public import Logging
import Telemetry

/// The WebSocket side of an orchestrator: tells coordinators which models run, and takes their
/// failure reports.
///
/// A list of models in memory goes in, WebSocket comes out: `init` for each new client, `update`s
/// of what changed once per loop turn. It is closed explicitly.
public final class FeedPublisher: TurnEndTask {
  /// Gets each report about a model of the competition that its sender asked for.
  public var onFailureReport: (_ crunchID: String, _ report: FailureReport) -> Void = { _, _ in }
  private let loop: Loop
  private let logger: Logger
  private let options: FeedOptions
  private var listener: TCPListener?
  private var clients: [ObjectIdentifier: FeedClient] = [:]
  private var boards: [String: ModelBoard] = [:]
  private var isScheduled = false
  /// What has happened so far.
  public private(set) var counts = FeedCounts()
  /// The address that is listened on, with the port that the system chose when 0 was asked for.
  public let address: SocketAddress

  /// Listens at once.
  ///
  /// - Parameters:
  ///   - listen: The address; port 0 lets the system choose one.
  ///   - loop: The loop that everything runs on.
  ///   - logger: Told of clients that come and go, and of what is refused.
  ///   - options: Bounds and times.
  /// - Throws: `EventLoopError` when the port is taken or the address isn't this machine's.
  public init(
    listen: SocketAddress, loop: Loop, logger: Logger, options: FeedOptions = FeedOptions()
  ) throws(EventLoopError) {
    self.loop = loop
    self.logger = logger
    self.options = options
    let door = Door()
    let listener = try TCPListener(on: listen, loop: loop) { door.publisher?.accept($0) }
    self.listener = listener
    address = listener.address
    door.publisher = self
  }

  deinit { assert(listener == nil, "a FeedPublisher was dropped without close()") }

  /// Clients that are connected.
  public var clientCount: Int { clients.count }

  /// Makes `entries` the whole list of a competition: new and changed ones are published, those
  /// that aren't named any more are published as STOPPED. An empty list makes the competition
  /// known.
  public func setModels(crunchID: String, _ entries: [FeedEntry]) {
    boards[crunchID, default: ModelBoard()].replace(with: entries)
    scheduleUpdates()
  }

  /// Publishes changes of a competition's models; the other models stay as they are.
  public func update(crunchID: String, _ entries: [FeedEntry]) {
    for entry in entries { boards[crunchID, default: ModelBoard()].apply(entry) }
    scheduleUpdates()
  }

  /// Stops listening and closes every connection. Safe to call again.
  public func close() {
    guard listener != nil else { return }
    publishChanges()
    listener?.close()
    listener = nil
    for client in clients.values { client.closeNow() }
    clients = [:]
  }

  /// Publishes what changed in this turn.
  public func turnDidEnd() {
    isScheduled = false
    publishChanges()
  }

  private func scheduleUpdates() {
    guard !isScheduled, listener != nil else { return }
    isScheduled = true
    loop.atTurnEnd(self)
  }

  private func publishChanges() {
    for crunchID in boards.keys.sorted() {
      guard let changes = boards[crunchID]?.takeChanges(), !changes.isEmpty else { continue }
      let messages = FeedMessage.encode(.update, changes)
      for client in clients.values where client.crunchID == crunchID {
        for message in messages { client.send(message) }
      }
    }
  }

  private func accept(_ stream: TCPStream) {
    counts.connections += 1
    guard clients.count < options.clientsMax else {
      counts.drops[.full, default: 0] += 1
      logger.warning("a client is turned away", metadata: [LogKey.limit: "\(options.clientsMax)"])
      return stream.close()
    }
    let client = FeedClient(stream, options: options, on: loop, handler: self)
    clients[ObjectIdentifier(client)] = client
  }

  private func refuse(_ client: FeedClient, _ reason: String) {
    counts.refusals += 1
    tellRefusal(client, "a coordinator's message is refused", reason)
  }

  private func tellRefusal(_ client: FeedClient, _ message: Logger.Message, _ reason: String) {
    logger.warning(
      message,
      metadata: [LogKey.crunch: "\(client.crunchID ?? "")", LogKey.reason: "\(reason)"])
    if !client.refusals.take(at: loop.now) {
      client.close(code: 1_008, reason: "too many messages that are refused", drop: .unruly)
    }
  }

  /// Refuses all reports of a message whose sender may not report, as one.
  private func forbid(_ client: FeedClient, reportCount: Int) {
    counts.forbiddenReports += reportCount
    tellRefusal(
      client, "failure reports of a client that may not report are refused",
      options.token == nil
        ? "\(client.address) isn't this machine; set publishers[].token-file for others"
        : "\(client.address) doesn't show the token of publishers[].token-file")
  }

  private func read(_ report: JSONValue, from client: FeedClient, in crunchID: String) {
    guard client.reports.take(at: loop.now) else {
      return client.close(
        code: 1_008, reason: "more than \(options.reportsMax) reports", drop: .unruly)
    }
    do {
      let report = try FailureReport(report)
      guard boards[crunchID]?.entries[report.modelID] != nil else {
        return refuse(client, "a report of \(report.modelID), which isn't running in \(crunchID)")
      }
      counts.reports[report.code, default: 0] += 1
      logger.warning(
        "a coordinator reports a model",
        metadata: [
          LogKey.crunch: "\(crunchID)", LogKey.model: "\(report.modelID)",
          LogKey.code: "\(report.code.rawValue)", LogKey.address: "\(client.address)",
          LogKey.reason: "\(report.reason ?? "")",
        ])
      onFailureReport(crunchID, report)
    } catch {
      refuse(client, "\(error)")
    }
  }
}

extension FeedPublisher: FeedClientHandler {
  func client(_ client: FeedClient, didAskFor crunchID: String) {
    if boards[crunchID] == nil {
      let known = boards.keys.sorted().joined(separator: ", ")
      logger.warning(
        "a client asks for a crunch that is not configured (known: \(known)), and sees no models",
        metadata: [LogKey.crunch: "\(crunchID)"])
    } else {
      logger.info("a client asks for a crunch", metadata: [LogKey.crunch: "\(crunchID)"])
    }
    for message in FeedMessage.encode(.initial, boards[crunchID]?.running ?? []) {
      client.send(message)
    }
  }

  func client(_ client: FeedClient, didSend text: [UInt8]) {
    guard let crunchID = client.crunchID else { return }
    let message: JSONValue
    do {
      message = try text.withUnsafeBytes { try JSONValue.parse($0) }
    } catch {
      return refuse(client, "\(error)")
    }
    guard message["event"]?.stringValue == "report_failure" else {
      return refuse(client, "it is no report_failure event")
    }
    guard let reports = message["data"]?.arrayValue else {
      return refuse(client, "report_failure without a list in data")
    }
    guard client.mayReport else { return forbid(client, reportCount: reports.count) }
    for report in reports {
      // The others of a client that went too far are left unread.
      if client.isClosing { return }
      read(report, from: client, in: crunchID)
    }
  }

  func client(_ client: FeedClient, didEnd reason: String, drop: FeedDrop?) {
    clients[ObjectIdentifier(client)] = nil
    if let drop { counts.drops[drop, default: 0] += 1 }
    logger.info(
      "a client is gone",
      metadata: [LogKey.crunch: "\(client.crunchID ?? "")", LogKey.reason: "\(reason)"])
  }
}

/// Leads a listener, which exists before the publisher does, to it.
private final class Door {
  weak var publisher: FeedPublisher?
}
