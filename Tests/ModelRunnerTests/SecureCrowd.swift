import Competition
import EventLoop
import GRPC
import GatewayTestSupport
import ModelRunner
import Synchronization
import TLSEngine
import Testing

/// Models behind mutual TLS, each with a certificate of its own, and the coordinator's files.
final class SecureCrowd: Sendable {
  let certificates: ScratchCertificates
  let models: [ModelDescription]
  private let thread: LoopThread
  private let crowd: LoopBound<Crowd>

  private init(
    _ certificates: ScratchCertificates, _ models: [ModelDescription], _ thread: LoopThread,
    _ crowd: LoopBound<Crowd>
  ) {
    self.certificates = certificates
    self.models = models
    self.thread = thread
    self.crowd = crowd
  }

  /// What one model shows and says.
  struct Member: Sendable {
    /// Its server side; nil speaks no TLS.
    var context: TLSContext?
    /// What its answers carry.
    var metadata: [(name: String, value: String)] = [("x-server-auth-message", "good")]
  }

  /// Starts `s-1`, `s-2` … with what `member` gives for each index.
  static func start(
    _ count: Int, certificates: ScratchCertificates,
    _ member: (Int) throws -> Member
  ) async throws -> SecureCrowd {
    let thread = try LoopThread(name: "secure")
    do {
      let members = try (0..<count).map(member)
      let crowd = try await LoopBound(on: thread) { try Crowd(members, on: $0) }
      let models = await crowd.run { $0.models.map(\.port) }.enumerated().map { index, port in
        ModelDescription(
          modelID: ModelID("s-\(index + 1)"), deploymentID: "1",
          infos: ModelInfos(cruncherWalletPublicKey: "wallet-\(index + 1)"), host: "127.0.0.1",
          port: port)
      }
      return SecureCrowd(certificates, models, thread, crowd)
    } catch {
      await thread.stop()
      throw error
    }
  }

  /// What a model's answers carry from now on.
  func setMetadata(_ index: Int, _ value: String) async {
    await crowd.run { $0.models[index].setMetadata([("x-server-auth-message", value)]) }
  }

  /// Ends a model's connections; the next ones see another certificate.
  func renew(_ index: Int, _ context: TLSContext) async {
    await crowd.run { $0.models[index].renew(context) }
  }

  /// The requests that a model has got, by the last part of their path.
  func requests(of index: Int) async -> [ServerRequest] {
    await crowd.run { $0.models[index].requests }
  }

  func stop() async -> Int {
    await crowd.run { crowd in for model in crowd.models { model.close() } }
    return await thread.stop()
  }
}

private final class Crowd {
  private(set) var models: [SecureModel] = []

  init(_ members: [SecureCrowd.Member], on loop: Loop) throws {
    for member in members { models.append(try SecureModel(member, on: loop)) }
  }
}

private final class SecureModel: GRPCServerHandler {
  private(set) var requests: [ServerRequest] = []
  private(set) var port: UInt16 = 0
  private var metadata: [(name: String, value: String)]
  private var context: TLSContext?
  private var listener: TCPListener?
  private var connections: [GRPCServerConnection] = []

  init(_ member: SecureCrowd.Member, on loop: Loop) throws {
    metadata = member.metadata
    context = member.context
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let listener = try TCPListener(on: address, loop: loop) { [weak self] stream in
      guard let self else { return stream.close() }
      accept(stream, loop)
    }
    self.listener = listener
    port = listener.address.port
  }

  private func accept(_ stream: TCPStream, _ loop: Loop) {
    do {
      let transport: any Transport =
        if let context {
          try TLSTransport(accepted: stream, context, on: loop)
        } else {
          PlainTransport(accepted: stream)
        }
      let connection = try GRPCServerConnection(transport, on: loop, handler: self)
      connection.setInitialMetadata(metadata)
      connection.metadataNames = [":authority", ":scheme", "x-gateway-auth-message"]
      connections.append(connection)
    } catch {
      Issue.record(error)
      stream.close()
    }
  }

  func setMetadata(_ fields: [(name: String, value: String)]) {
    metadata = fields
    for connection in connections { connection.setInitialMetadata(fields) }
  }

  func renew(_ context: TLSContext) {
    self.context = context
    hangUp()
  }

  func close() {
    listener?.close()
    hangUp()
  }

  private func hangUp() {
    for connection in connections { connection.close() }
    connections = []
  }

  func connection(_ connection: GRPCServerConnection, didReceive request: ServerRequest) {
    requests.append(request)
    connection.answer(request.id, "SUCCESS")
  }

  func connection(_ connection: GRPCServerConnection, didCancel id: Int32) {}
  func connectionDidClose(_ connection: GRPCServerConnection) {}
}

/// Accepts models that say `good` or `until DATE`; remembers what it was asked.
final class ScriptedVerification: PeerVerification {
  let metadataNames = ["x-server-auth-message"]
  let asked = Mutex<[(model: ModelDescription, evidence: PeerEvidence)]>([])
  /// When proofs that say `soon` end.
  let soon = UTCTime.now().advanced(by: .milliseconds(1_500))

  func verify(
    _ model: ModelDescription, _ evidence: PeerEvidence, at now: UTCTime
  ) -> PeerVerdict {
    asked.withLock { $0.append((model, evidence)) }
    if model.infos.cruncherWalletPublicKey == "stolen" {
      return .refused(reason: "the wallet is another one")
    }
    switch evidence.metadata["x-server-auth-message"] {
    case "good", "also good": return .accepted(until: nil)
    case "soon" where now <= soon: return .accepted(until: soon)
    case "soon": return .refused(reason: "the delegation of \(model.modelID) has expired")
    case nil: return .refused(reason: "the delegation of \(model.modelID) is missing")
    case .some(let text): return .refused(reason: "not a delegation: \(text)")
    }
  }

  func count(of id: ModelID) -> Int { asked.withLock { $0.count { $0.model.modelID == id } } }
}
