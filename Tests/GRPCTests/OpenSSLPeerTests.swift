import Competition
import EventLoop
import GRPC
import GatewayTestSupport
import Glibc
import TLSEngine
import Testing

/// Our TLS against OpenSSL's own programs.
@Suite(.timeLimit(.minutes(2)))
struct OpenSSLPeerTests {
  private let credentials: Credentials

  init() throws { credentials = try Credentials() }

  /// What `openssl s_client` says of our server.
  private func client(_ options: String) async throws -> String {
    let credentials = credentials
    return try await perform { stage in
      let port = try stage.serve(credentials.server) { _, _ in }
      var lines: [String] = []
      let script = """
        echo | timeout 10 openssl s_client -connect 127.0.0.1:\(port) -brief \(options) \
          -servername \(Credentials.serverName) -CAfile ca.crt -verify_return_error
        """
      let child = try ChildProcess.start(credentials.shell(script), on: stage.loop) {
        lines.append($0)
      } exited: { _ in
        stage.end(lines.joined(separator: "\n"))
      }
      stage.atEnd { withExtendedLifetime(child) {} }
    }
  }

  @Test(arguments: [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
  func itsClientVerifiesOurServer(version: String, name: String) async throws {
    let said = try await client(
      "\(version) -alpn h2 -cert coordinator/tls.crt -key coordinator/tls.key")
    #expect(said.contains("Protocol version: \(name)") && said.contains("Verification: OK"))
    #expect(!said.contains("alert"), "\(said)")
  }

  @Test(arguments: [
    ("-tls1_2 -alpn h2", "alert handshake failure"),
    (
      "-tls1_3 -alpn http/1.1 -cert coordinator/tls.crt -key coordinator/tls.key",
      "alert no application protocol"
    ),
    ("-tls1_1 -cipher DEFAULT@SECLEVEL=0", "alert protocol version"),
  ])
  func itsClientIsRefused(options: String, alert: String) async throws {
    let said = try await client(options)
    #expect(said.contains(alert), "\(said)")
  }

  /// How our client fares with `openssl s_server`.
  private func server(_ options: String) async throws -> SecureOpening {
    let credentials = credentials
    return try await perform { stage in
      // Its input must not end: it would close the connection.
      let script = "tail -f /dev/null | exec openssl s_server -accept 0 \(options)"
      var transport: TLSTransport?
      var child: ChildProcess?
      var outcome = SecureOpening.failed("openssl s_server ended")
      let watch = OpeningWatch { opening in
        outcome = opening
        child?.send(SIGKILL)
      }
      child = try ChildProcess.start(credentials.shell(script), on: stage.loop) { line in
        guard line.hasPrefix("ACCEPT"),
          let port = line.split(separator: ":").last.flatMap({ UInt16($0) }),
          let address = SocketAddress(host: "127.0.0.1", port: port)
        else { return }
        transport = try? TLSTransport(
          connectingTo: address, serverName: Credentials.serverName, credentials.client.context,
          on: stage.loop)
        transport?.handler = watch
      } exited: { _ in
        transport?.close()
        stage.end(outcome)
      }
      stage.atEnd { child = nil }
    }
  }

  private static let model = "-cert model-7/tls.crt -key model-7/tls.key"

  @Test(arguments: ["-tls1_2", "-tls1_3"])
  func ourClientVerifiesItsServer(version: String) async throws {
    let opening = try await server(
      "\(Self.model) \(version) -alpn h2 -CAfile ca.crt -Verify 1 -verify_return_error")
    #expect(opening == .open("CN=model-7"))
  }

  @Test(arguments: [
    ("", "did not agree to HTTP/2 (ALPN h2)"),
    ("-alpn http/1.1", "does not agree to HTTP/2 (ALPN h2)"),
    ("-alpn h2 -tls1_1 -cipher DEFAULT@SECLEVEL=0", "no TLS version or cipher in common"),
    ("-alpn h2 -tls1_2 -cipher AES128-SHA@SECLEVEL=0 -CAfile no.crt", "in common"),
  ])
  func ourClientSaysWhatItsServerLacks(options: String, text: String) async throws {
    if options.contains("no.crt") { try credentials.certificates.run("cp ca.crt no.crt") }
    let opening = try await server("\(Self.model) \(options)")
    guard case .failed(let reason) = opening else {
      Issue.record("\(opening)")
      return
    }
    #expect(reason.contains(text), "\(reason)")
  }
}

private enum SecureOpening: Hashable, Sendable {
  case open(String?)
  case failed(String)
}

/// Passes on how a transport opened.
private final class OpeningWatch: TransportHandler {
  private let heard: (SecureOpening) -> Void
  private var hasHeard = false
  init(_ heard: @escaping (SecureOpening) -> Void) { self.heard = heard }

  private func hear(_ opening: SecureOpening) {
    if !hasHeard { heard(opening) }
    hasHeard = true
  }

  func transportDidOpen(_ transport: any Transport) { hear(.open(transport.peer?.subject)) }
  func transport(_ transport: any Transport, didRead bytes: UnsafeRawBufferPointer) {}
  func transportDidDrain(_ transport: any Transport) {}
  func transport(_ transport: any Transport, didEnd failure: TransportFailure?) {
    hear(.failed(failure.map { "\($0)" } ?? "closed"))
  }
}
