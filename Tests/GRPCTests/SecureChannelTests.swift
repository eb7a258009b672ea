import Competition
import EventLoop
import GatewayTestSupport
import HTTP2
import TLSEngine
import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(2)))
struct SecureChannelTests {
  private let credentials: Credentials

  init() throws { credentials = try Credentials() }

  @Test func callsAreMadeOverMutualTLS() async throws {
    let credentials = credentials
    let end: UnaryEnd = try await perform { stage in
      let port = try stage.serve(credentials.server) { connection, request in
        #expect(connection.peer?.subject == "CN=coordinator")
        #expect(request.byteCount == 300_005)
        connection.respond(
          request.id, with: GRPCFrame.encode([UInt8](repeating: 7, count: 500_000)))
      }
      let client = try stage.connect(port, credentials.client)
      #expect(client.channel?.peer == nil)
      client.onOpen = { channel in
        #expect(channel.peer?.subject == "CN=model-7")
        client.call(300_000)
      }
      client.onEnd = { _, end in stage.end(end) }
    }
    #expect(end.status == .ok && end.message?.array == [UInt8](repeating: 7, count: 500_000))
  }

  @Test func aTickOfMegabytesIsEncryptedInPiecesAsThePeerTakesIt() async throws {
    let credentials = credentials
    let byteCount = 6_000_000
    let received: Int = try await perform { stage in
      let port = try stage.serve(credentials.server) { connection, request in
        connection.respond(request.id, with: GRPCFrame.encode([]))
        stage.end(request.byteCount)
      }
      let client = try stage.connect(port, credentials.client)
      client.onOpen = { _ in client.call(byteCount) }
    }
    #expect(received == byteCount + 5)
  }

  @Test func initialMetadataIsHandedOverByNameAndTrailersAreNot() async throws {
    let credentials = credentials
    let end: UnaryEnd = try await perform { stage in
      let port = try stage.serve(credentials.server) {
        $0.setInitialMetadata([
          ("x-server-auth-message", "bWVzc2FnZQ=="), ("x-other", "no"),
          ("x-server-wallet-pubkey", "a"), ("x-server-wallet-pubkey", "b"),
        ])
      } _: { connection, request in
        connection.respond(request.id, with: GRPCFrame.encode([1]))
      }
      let client = try stage.connect(port, credentials.client)
      client.channel?.metadataNames = [
        "x-server-auth-message", "x-server-auth-signature", "x-server-wallet-pubkey", "grpc-status",
      ]
      client.onOpen = { _ in client.call() }
      client.onEnd = { _, end in stage.end(end) }
    }
    #expect(
      end.metadata
        == ["x-server-auth-message": "bWVzc2FnZQ==", "x-server-wallet-pubkey": "a,b"])
  }

  @Test func aModelsOwnFieldsGoWithItsCall() async throws {
    let credentials = credentials
    let request: ServerRequest = try await perform { stage in
      let port = try stage.serve(credentials.server) {
        $0.metadataNames = [":scheme", ":authority", "x-gateway-auth-message"]
      } _: { _, request in
        stage.end(request)
      }
      let client = try stage.connect(port, credentials.client)
      client.onOpen = { channel in
        _ = channel.call(
          head: .grpcRequest(path: "/test.Test/Call", timeout: nil, isSecure: true),
          metadata: HeaderBlock([("x-gateway-auth-message", "token")]),
          body: GRPCFrame.encode([]), budget: ReplyBudget(replyBytesMax: 1, totalBytesMax: 1),
          handler: client)
      }
    }
    #expect(request.path == "/test.Test/Call")
    #expect(request.metadata["x-gateway-auth-message"] == "token")
    #expect(request.metadata[":scheme"] == "https")
  }

  @Test func aGoodbyeBehindTLSEndsTheChannelInOrder() async throws {
    let credentials = credentials
    let end: ChannelEnd = try await perform { stage in
      let port = try stage.serve(credentials.server) { connection, request in
        connection.respond(request.id, with: GRPCFrame.encode([]))
        connection.flushAndClose()
      }
      let client = try stage.connect(port, credentials.client)
      client.onOpen = { _ in client.call() }
      client.onClose = { stage.end($0) }
    }
    #expect(end.kind == .closedByPeer)
  }

  @Test func theHealthServiceIsAskedOverTheSameTLS() async throws {
    let credentials = credentials
    let answer: HealthProbe.Answer = try await perform { stage in
      let port = try stage.serve(credentials.server) {
        $0.metadataNames = [":authority", "x-gateway-auth-message"]
      } _: { connection, request in
        #expect(request.metadata[":authority"] == "model")
        #expect(request.metadata["x-gateway-auth-message"] == "token")
        connection.respond(request.id, with: GRPCFrame.encode([0x08, 0x01]))
      }
      let probe = HealthProbe(
        host: "127.0.0.1", port: port, authority: "model", security: credentials.client,
        metadata: HeaderBlock([("x-gateway-auth-message", "token")]), timeout: .seconds(10),
        on: stage.loop
      ) { stage.end($0) }
      stage.atEnd { probe.cancel() }
    }
    #expect(answer == .serving)
  }
}
