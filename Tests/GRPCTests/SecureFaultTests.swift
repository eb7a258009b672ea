import Competition
import EventLoop
import GRPC
import GatewayTestSupport
import Synchronization
import TLSEngine
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SecureFaultTests {
  private let credentials: Credentials

  init() throws { credentials = try Credentials() }

  /// How a channel ends whose server is made by `server`.
  private func end(
    _ security: ChannelSecurity? = nil,
    with server: @escaping @Sendable (Stage<ChannelEnd>) throws -> UInt16
  ) async throws -> ChannelEnd {
    let security = security ?? credentials.client
    return try await perform { stage in
      let client = try stage.connect(try server(stage), security)
      client.onOpen = { _ in Issue.record("it must not open") }
      client.onClose = { stage.end($0) }
    }
  }

  @Test func aServerOfAnotherModelGetsNotAByteOfHTTP2() async throws {
    let context = try TLSContext(.server, credentials.certificates.issueModel("8"))
    let end = try await end { stage in
      try stage.serve(context) { _, _ in Issue.record("it must get no request") }
    }
    #expect(end.kind == .notSecure)
    #expect(end.reason.hasPrefix("127.0.0.1:") && end.reason.contains(": TLS: the server's certif"))
    #expect(end.reason.contains("is not for model-node-7.crunchdao.internal but for model-node-8"))
  }

  @Test func aClientThatTheServerRefusesSaysSo() async throws {
    let stranger = ChannelSecurity(
      try TLSContext(.client, credentials.certificates.issue("stranger", by: "other")),
      serverName: Credentials.serverName)
    let context = credentials.server
    let end = try await end(stranger) { stage in try stage.serve(context) { _, _ in } }
    #expect(end.kind == .notSecure)
    #expect(end.reason.contains("the server refused (unknown CA) our certificate: CN=stranger"))
  }

  @Test func aServerThatLeavesAfterTheHandshakeIsTakenToRefuseUs() async throws {
    let context = credentials.server
    let end = try await end { stage in
      try stage.listen { stream in
        let watch = TransportWatch { _ in }
        watch.opened = { $0.close() }
        do {
          let transport = try TLSTransport(accepted: stream, context, on: stage.loop)
          transport.handler = watch
          stage.atEnd { withExtendedLifetime(watch) { transport.close() } }
        } catch {
          stage.fail(error)
        }
      }
    }
    #expect(end.kind == .notSecure)
    #expect(end.reason.contains("refuse a client's certificate (ours: CN=coordinator, valid"))
  }

  @Test(arguments: [
    ("HTTP/1.1 400 Bad Request\r\n", "not a TLS server (got \"HTTP/1.1 400"),
    ("\0\0\0\u{4}\0\0\0\0\0", "not a TLS server (it speaks HTTP/2 without TLS)"),
  ])
  func aServerWithoutTLSIsNamed(greeting: String, text: String) async throws {
    let end = try await end { try $0.listenRaw(greeting: Array(greeting.utf8)) }
    #expect(end.kind == .notSecure && end.reason.contains(text))
  }

  @Test func aClientWithoutTLSHearsThatTheServerIsNoPlainOne() async throws {
    let context = credentials.server
    let end: ChannelEnd = try await perform { stage in
      let client = try stage.connect(try stage.serve(context) { _, _ in })
      client.onClose = { stage.end($0) }
    }
    #expect(end.kind == .closedByPeer || end.kind == .notHTTP2 || end.kind == .broken)
  }

  @Test func aSilentHandshakeEndsAtItsTimeOnBothSides() async throws {
    let context = credentials.client.context
    let failure: TransportFailure? = try await perform { stage in
      let port = try stage.listenRaw(greeting: [])
      let watch = TransportWatch { stage.end($0) }
      let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
      let transport = try TLSTransport(
        connectingTo: address, serverName: Credentials.serverName, context,
        handshakeTimeout: .milliseconds(60), on: stage.loop)
      transport.handler = watch
      stage.atEnd { withExtendedLifetime(watch) { transport.close() } }
    }
    #expect(failure?.description.contains("the handshake was not over within 60ms") == true)
    let server = credentials.server
    let clientHeard: Bool = try await perform { stage in
      let port = try stage.serve(server, handshakeTimeout: .milliseconds(60)) { _, _ in }
      let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
      let silent = PlainWatch { stage.end(true) }
      let stream = try TCPStream.connect(to: address, on: stage.loop, handler: silent)
      stage.atEnd { withExtendedLifetime(silent) { stream.close() } }
    }
    #expect(clientHeard)
  }

  @Test func aResetInTheMiddleOfTheHandshakeIsToldAsThat() async throws {
    let peer = try BlockingPeer { connection in
      connection.receive(atLeast: 100)
      connection.endWithReset()
    }
    defer { peer.stop() }
    let port = peer.port
    let end = try await end { _ in port }
    #expect(end.kind == .notSecure)
    #expect(
      end.reason.contains("ended in the middle of the TLS handshake (0 bytes came; connection"))
  }

  @Test func aConnectionThatIsRefusedIsNoMatterOfTLS() async throws {
    let end = try await end { stage in
      let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
      let kept = try TCPListener(on: address, loop: stage.loop, listens: false) { _ in }
      stage.atEnd { kept.close() }
      return kept.address.port
    }
    #expect(end.kind == .notConnected && end.reason.contains("ECONNREFUSED"))
  }

  @Test func aChannelMayBeClosedInTheMiddleOfAHandshake() async throws {
    let credentials = credentials
    let done: Bool = try await perform { stage in
      let port = try stage.serve(credentials.server) { _, _ in }
      let client = try stage.connect(port, credentials.client)
      client.onOpen = { _ in Issue.record("it was closed") }
      stage.after(.zero) {
        client.channel?.close()
        stage.after(.milliseconds(30)) { stage.end(true) }
      }
    }
    #expect(done)
  }
}

/// Passes the end of a transport on.
private final class TransportWatch: TransportHandler {
  private let ended: (TransportFailure?) -> Void
  var opened: (any Transport) -> Void = { _ in }
  init(_ ended: @escaping (TransportFailure?) -> Void) { self.ended = ended }

  func transportDidOpen(_ transport: any Transport) { opened(transport) }
  func transport(_ transport: any Transport, didRead bytes: UnsafeRawBufferPointer) {}
  func transportDidDrain(_ transport: any Transport) {}
  func transport(_ transport: any Transport, didEnd failure: TransportFailure?) { ended(failure) }
}

/// Passes the end of a stream on.
private final class PlainWatch: TCPStreamHandler {
  private let ended: () -> Void
  init(_ ended: @escaping () -> Void) { self.ended = ended }

  func streamDidConnect(_ stream: TCPStream) {}
  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {}
  func streamDidDrain(_ stream: TCPStream) {}
  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) { ended() }
}
