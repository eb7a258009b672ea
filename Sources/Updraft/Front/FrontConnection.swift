import Competition
import EventLoop
import GRPC

/// One client of a front and the connection to the model that is made for it.
///
/// It may become: waiting for the client's TLS → connecting to the model → open → ending (what the
/// model said last is being written) → closed.
final class FrontConnection {
  /// How a connection ended.
  enum End: Hashable {
    /// One side had enough.
    case inOrder
    /// The client was refused, or broke TLS.
    case client(String)
    /// The model can't be reached, or broke off.
    case model(String)
  }

  private let client: any Transport
  private let address: SocketAddress
  private let loop: Loop
  private var model: (any Transport)?
  private var injector: HeadInjector
  private let toModel: FrontLane
  private let toClient: FrontLane
  private var isClosed = false
  private let didEnd: (FrontConnection, End) -> Void

  /// Serves a client that is being accepted.
  ///
  /// - Parameters:
  ///   - client: The accepted side.
  ///   - address: Where the model listens.
  ///   - fields: What is added to its answers (`HeadInjector.coded`).
  ///   - loop: The loop of both.
  ///   - didEnd: Told once when everything is closed; not after `close()`.
  init(
    _ client: any Transport, to address: SocketAddress, adding fields: [UInt8], on loop: Loop,
    didEnd: @escaping (FrontConnection, End) -> Void
  ) {
    self.client = client
    self.address = address
    self.loop = loop
    self.didEnd = didEnd
    injector = HeadInjector(fields)
    toModel = FrontLane(from: client, on: loop)
    toClient = FrontLane(from: nil, on: loop)
    client.handler = self
    if client.isOpen { toClient.setTarget(client) }
  }

  /// Closes both sides at once.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    toModel.close()
    toClient.close()
    client.close()
    client.handler = nil
    model?.close()
    model?.handler = nil
  }

  private func end(_ end: End) {
    guard !isClosed else { return }
    close()
    didEnd(self, end)
  }

  /// The model is connected to as soon as the client has proved itself, not when it says something:
  /// pip's client first waits for a byte of the server's SETTINGS.
  private func connectToModel() {
    do {
      let transport = try PlainTransport(connectingTo: address, on: loop)
      transport.handler = self
      model = transport
      toClient.setSource(transport)
    } catch {
      end(.model("\(error)"))
    }
  }

  private func modelDidEnd(_ failure: TransportFailure?) {
    guard let failure else {
      // Its last words may still be on their way.
      toClient.didEmpty = { [weak self] in self?.end(.inOrder) }
      return toClient.targetDidDrain()
    }
    end(.model("\(failure)"))
  }
}

extension FrontConnection: TransportHandler {
  func transportDidOpen(_ transport: any Transport) {
    guard transport === client else { return toModel.setTarget(transport) }
    toClient.setTarget(transport)
    connectToModel()
  }

  func transport(_ transport: any Transport, didRead bytes: UnsafeRawBufferPointer) {
    guard !isClosed else { return }
    if transport === client {
      toModel.take { $0 += bytes }
    } else {
      toClient.take { injector.pass(bytes, to: &$0) }
    }
  }

  func transportDidDrain(_ transport: any Transport) {
    (transport === client ? toClient : toModel).targetDidDrain()
  }

  func transport(_ transport: any Transport, didEnd failure: TransportFailure?) {
    if transport !== client { return modelDidEnd(failure) }
    guard case .tls(let error)? = failure, error.code != .truncated else { return end(.inOrder) }
    end(.client("\(error)"))
  }
}
