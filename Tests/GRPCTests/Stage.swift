import Competition
import EventLoop
import GRPC
import GatewayTestSupport
import HTTP2
import TLSEngine
import Testing

/// Runs a script on a fresh loop, gives what it ended with, and checks that it left nothing open.
func perform<Value: Sendable>(
  _ script: @escaping @Sendable (Stage<Value>) throws -> Void
) async throws -> Value {
  let thread = try LoopThread(name: "test")
  let result = await withCheckedContinuation { done in
    Task(executorPreference: thread.executor) {
      let stage = Stage<Value>(thread.loop, done)
      do { try script(stage) } catch { stage.fail(error) }
    }
  }
  #expect(await thread.stop() == 0, "handles were left open")
  return try result.get()
}

/// A loop with listeners, peers and channels that are all closed when the script ends.
final class Stage<Value: Sendable> {
  struct Stuck: Error {}

  let loop: Loop
  private var done: CheckedContinuation<Result<Value, any Error>, Never>?
  private var cleanups: [() -> Void] = []

  init(_ loop: Loop, _ done: CheckedContinuation<Result<Value, any Error>, Never>) {
    self.loop = loop
    self.done = done
    // Keeps the stage alive, too, until it ends.
    after(.seconds(20)) { self.fail(Stuck()) }
  }

  /// Ends the script with its result; everything that it opened is closed.
  func end(_ value: Value) { finish(.success(value)) }

  func fail(_ error: any Error) { finish(.failure(error)) }

  /// Runs `action` once after a time in which something must not have happened.
  func after(_ delay: Duration, _ action: @escaping () -> Void) {
    let timer = LoopTimer(on: loop, action: action)
    timer.arm(after: delay)
    cleanups.append { timer.close() }
  }

  /// Runs `action` when the stage ends.
  func atEnd(_ action: @escaping () -> Void) { cleanups.append(action) }

  /// Listens on a port of the system's choice; every connection is given to `accept`.
  func listen(_ accept: @escaping (TCPStream) -> Void) throws -> UInt16 {
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let listener = try TCPListener(on: address, loop: loop, accept: accept)
    cleanups.append { listener.close() }
    return listener.address.port
  }

  /// Listens with peers that read frames and write bytes by the script.
  func listenRaw(
    greeting: [UInt8] = WireFrame.settings, _ onRead: @escaping (RawPeer) -> Void = { _ in }
  ) throws -> UInt16 {
    try listen { stream in
      let peer = RawPeer(stream, onRead)
      self.cleanups.append { withExtendedLifetime(peer) { stream.close() } }
      if !greeting.isEmpty { _ = stream.write(greeting) }
    }
  }

  /// Listens with gRPC servers that answer by the script.
  func serve(
    _ answer: @escaping (GRPCServerConnection, ServerRequest) -> Void
  ) throws -> UInt16 {
    try listen { stream in
      let server = Server(answer)
      do {
        let connection = try GRPCServerConnection(stream, on: self.loop, handler: server)
        self.cleanups.append { withExtendedLifetime(server) { connection.close() } }
      } catch {
        self.fail(error)
      }
    }
  }

  /// Listens with gRPC servers behind TLS that answer by the script.
  func serve(
    _ context: TLSContext, handshakeTimeout: Duration = .seconds(10),
    prepare: @escaping (GRPCServerConnection) -> Void = { _ in },
    _ answer: @escaping (GRPCServerConnection, ServerRequest) -> Void
  ) throws -> UInt16 {
    try listen { stream in
      let server = Server(answer)
      do {
        let connection = try GRPCServerConnection(
          TLSTransport(
            accepted: stream, context, handshakeTimeout: handshakeTimeout, on: self.loop),
          on: self.loop, handler: server)
        prepare(connection)
        self.cleanups.append { withExtendedLifetime(server) { connection.close() } }
      } catch {
        self.fail(error)
      }
    }
  }

  /// Opens a channel that is closed with the stage.
  func connect(
    host: String = "127.0.0.1", _ port: UInt16, _ security: ChannelSecurity? = nil
  ) throws -> Client {
    let client = Client()
    let channel = try GRPCChannel(
      host: host, port: port, security: security, on: loop, handler: client)
    client.channel = channel
    cleanups.append {
      channel.close()
      client.forget()
    }
    return client
  }

  private func finish(_ result: Result<Value, any Error>) {
    guard let done else { return }
    self.done = nil
    for cleanup in cleanups { cleanup() }
    cleanups = []
    done.resume(returning: result)
  }
}

/// The peer's side of a connection, byte by byte.
final class RawPeer: TCPStreamHandler {
  let stream: TCPStream
  var received: [UInt8] = []
  /// How far the script has come; for the script's use.
  var step = 0
  private let onRead: (RawPeer) -> Void

  init(_ stream: TCPStream, _ onRead: @escaping (RawPeer) -> Void) {
    self.stream = stream
    self.onRead = onRead
    stream.handler = self
  }

  func streamDidConnect(_ stream: TCPStream) {}
  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    received.append(contentsOf: bytes)
    onRead(self)
  }
  func streamDidDrain(_ stream: TCPStream) {}
  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) { onRead(self) }

  /// Whether a whole frame of this type has come.
  func hasFrame(_ type: UInt8) -> Bool { WireFrame.types(in: received).contains(type) }
}

/// The server's side of gRPC, by a closure.
final class Server: GRPCServerHandler {
  private let answer: (GRPCServerConnection, ServerRequest) -> Void

  init(_ answer: @escaping (GRPCServerConnection, ServerRequest) -> Void) { self.answer = answer }

  func connection(_ connection: GRPCServerConnection, didReceive request: ServerRequest) {
    answer(connection, request)
  }
  func connection(_ connection: GRPCServerConnection, didCancel id: Int32) {}
  func connectionDidClose(_ connection: GRPCServerConnection) {}
}

/// The client's side: a channel, and what it is told.
final class Client: GRPCChannelHandler, UnaryCallHandler {
  var channel: GRPCChannel?
  var onOpen: (GRPCChannel) -> Void = { _ in }
  var onClose: (ChannelEnd) -> Void = { _ in }
  var onEnd: (Int32, UnaryEnd) -> Void = { _, _ in }

  /// Lets go of the script, whose closures hold this object.
  func forget() {
    channel = nil
    onOpen = { _ in }
    onClose = { _ in }
    onEnd = { _, _ in }
  }

  func channelDidOpen(_ channel: GRPCChannel) { onOpen(channel) }
  func channel(_ channel: GRPCChannel, didClose end: ChannelEnd) { onClose(end) }
  func call(_ id: Int32, didEnd end: UnaryEnd) { onEnd(id, end) }

  /// Calls with a body of `byteCount` bytes.
  @discardableResult
  func call(_ byteCount: Int = 10, replyBytesMax: Int = 1 << 20) -> Int32? {
    channel?.call(
      head: testHead, body: GRPCFrame.encode([UInt8](repeating: 1, count: byteCount)),
      budget: ReplyBudget(replyBytesMax: replyBytesMax, totalBytesMax: 1 << 30), handler: self)
  }
}

let testHead = HeaderBlock.grpcRequest(path: "/test.Test/Call", timeout: .seconds(5))
