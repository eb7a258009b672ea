import Competition
import EventLoop
import GRPC
import Logging
import TLSEngine

/// A listener that ends mutual TLS before a model that speaks none, and adds its delegation to the
/// model's answers. One connection to the model for each client's.
final class TLSFront {
  /// Clients at once; a coordinator has two connections to a model. Further ones are closed.
  static let connectionsMax = 64
  /// How often refused clients and an absent model are told of in the log, at most.
  private static let noticeInterval = Duration.seconds(1)

  private let identity: FrontIdentity
  private let model: SocketAddress
  private let loop: Loop
  private let logger: Logger
  private var listener: TCPListener?
  private var connections: [ObjectIdentifier: FrontConnection] = [:]
  private var nextNotice = MonotonicInstant.now()
  /// Where it listens.
  private(set) var address: SocketAddress

  /// Listens.
  ///
  /// - Throws: `EventLoopError` when the port is taken or the address isn't this machine's.
  init(
    listen address: SocketAddress, to model: SocketAddress, _ identity: FrontIdentity,
    on loop: Loop, logger: Logger
  ) throws(EventLoopError) {
    self.identity = identity
    self.model = model
    self.loop = loop
    self.logger = logger
    self.address = address
    let listener = try TCPListener(on: address, loop: loop) { [weak self] stream in
      guard let self else { return stream.close() }
      accept(stream)
    }
    self.listener = listener
    self.address = listener.address
  }

  /// The clients that are connected now.
  var connectionCount: Int { connections.count }

  /// Ends everything at once.
  func close() {
    listener?.close()
    listener = nil
    for connection in connections.values { connection.close() }
    connections = [:]
  }

  private func accept(_ stream: TCPStream) {
    guard connections.count < Self.connectionsMax else {
      stream.close()
      return notice(
        "client turned away", "there are \(Self.connectionsMax) connections, the most at once")
    }
    let proof = identity.current()
    let client: TLSTransport
    do {
      client = try TLSTransport(accepted: stream, proof.context, on: loop)
    } catch {
      stream.close()
      return notice("client turned away", "\(error)")
    }
    let connection = FrontConnection(client, to: model, adding: proof.fields, on: loop) {
      [weak self] connection, end in
      self?.ended(connection, end)
    }
    connections[ObjectIdentifier(connection)] = connection
  }

  private func ended(_ connection: FrontConnection, _ end: FrontConnection.End) {
    connections[ObjectIdentifier(connection)] = nil
    switch end {
    case .inOrder: break
    case .client(let reason): notice("client refused", reason)
    case .model(let reason): notice("model not reached", reason)
    }
  }

  private func notice(_ what: Logger.Message, _ reason: String) {
    let now = MonotonicInstant.now()
    guard now >= nextNotice else { return }
    nextNotice = now.advanced(by: Self.noticeInterval)
    logger.notice(what, metadata: ["reason": "\(reason)"])
  }
}
