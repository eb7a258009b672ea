import Competition
import Cryptography
import EventLoop
import GatewayTestSupport
import Identity
import Logging
import Synchronization
import TLSEngine
import Testing

@testable import Updraft

/// A front on a loop, the model behind it and the coordinators before it.
final class FrontBench {
  let front: TLSFront
  /// The model's connections, in the order in which they came.
  private(set) var models: [FrontModelPeer] = []
  /// The coordinators' connections.
  private(set) var clients: [FrontClientPeer] = []
  private var listener: TCPListener?
  private let loop: Loop

  /// Where the model is that a front stands before.
  enum Model: Sendable {
    /// On the bench's own loop.
    case here
    /// Nobody listens.
    case away
    /// Somebody else, on this port.
    case port(UInt16)
  }

  fileprivate init(_ keys: FrontKeys, _ model: Model, _ log: NoticeLog, on loop: Loop) throws {
    self.loop = loop
    let anywhere = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let box = Box()
    let listener = try TCPListener(on: anywhere, loop: loop) { stream in
      guard let bench = box.bench else { return stream.close() }
      bench.models.append(FrontModelPeer(stream))
    }
    var address = listener.address
    if case .here = model { self.listener = listener } else { listener.close() }
    if case .port(let port) = model {
      address = try #require(SocketAddress(host: "127.0.0.1", port: port))
    }
    let identity = try FrontIdentity(
      keys.server, delegation: keys.delegation, logger: log.logger)
    front = try TLSFront(
      listen: anywhere, to: address, identity, on: loop, logger: log.logger)
    box.bench = self
  }

  /// Begins to connect with the certificate of these files.
  func connect(_ files: TLSFiles) throws {
    clients.append(
      try FrontClientPeer(front.address, TLSContext(.client, files), on: loop))
  }

  /// Lets the loop turn for a moment.
  fileprivate func pause(_ done: @escaping () -> Void) {
    var timer: LoopTimer?
    timer = LoopTimer(on: loop) {
      timer?.close()
      timer = nil
      done()
    }
    timer?.arm(after: .milliseconds(10))
  }

  fileprivate func close() {
    front.close()
    listener?.close()
    for client in clients { client.transport.close() }
    for model in models { model.stream.close() }
  }

  /// Leads the listener to the bench, which is made after it.
  private final class Box { weak var bench: FrontBench? }
}

/// The files of a coordinator and of model 7.
struct FrontKeys: Sendable {
  let certificates: ScratchCertificates
  let client: TLSFiles
  let server: TLSFiles
  var delegation: String { "\(certificates.folder)/delegation.json" }

  init() throws {
    certificates = try ScratchCertificates()
    client = try certificates.issue("coordinator")
    server = try certificates.issueModel("7")
    try delegate()
  }

  /// Signs for the certificate that is there now.
  func delegate() throws {
    let certificate = try Certificate(pem: KeyFile.read(server.certificate ?? "", .open))
    let file = try DelegationFile(
      DelegationText(certificateKey: certificate.publicKeyDER, hotkey: "5Hotkey", modelID: "7"),
      by: WalletKey.generate())
    try KeyFile.write(file.bytes, to: delegation, .open, replacing: true)
  }
}

/// Plays with a front, and checks that nothing was left open.
func withFront(
  model: FrontBench.Model = .here,
  _ body: (LoopBound<FrontBench>, FrontKeys, NoticeLog) async throws -> Void
) async throws {
  let keys = try FrontKeys()
  let log = NoticeLog()
  let thread = try LoopThread(name: "front")
  do {
    let bench = try await LoopBound(on: thread) { loop in
      try FrontBench(keys, model, log, on: loop)
    }
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await body(bench, keys, log))
    } catch {
      outcome = .failure(error)
    }
    await bench.run { $0.close() }
    #expect(await thread.stop() == 0, "handles were left open")
    try outcome.get()
  } catch {
    await thread.stop()
    throw error
  }
}

extension LoopBound<FrontBench> {
  /// Looks again and again until `condition` holds.
  func wait(
    _ what: String, within time: Duration = .seconds(20),
    until condition: @escaping @Sendable (FrontBench) -> Bool
  ) async throws {
    let deadline = MonotonicInstant.now().advanced(by: time)
    while await !run(condition) {
      try #require(MonotonicInstant.now() < deadline, "waited in vain until: \(what)")
      await pause()
    }
  }

  /// Waits until a number has stayed the same for half a second, which is when nothing moves.
  func settle(_ number: @escaping @Sendable (FrontBench) -> Int) async throws -> Int {
    var last = await run(number)
    var sameCount = 0
    let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
    while sameCount < 50 {
      try #require(MonotonicInstant.now() < deadline, "it never came to rest")
      await pause()
      let now = await run(number)
      sameCount = now == last ? sameCount + 1 : 0
      last = now
    }
    return last
  }

  private func pause() async {
    await withCheckedContinuation { done in
      post { $0.pause { done.resume() } }
    }
  }
}

/// What a front says.
final class NoticeLog: Sendable {
  private let lines = Mutex<[String]>([])

  var logger: Logger { Logger(label: "front") { _ in Handler(log: self) } }

  /// Whether a line has all of these texts.
  func contains(_ parts: String...) -> Bool {
    lines.withLock { $0.contains { line in parts.allSatisfy { line.contains($0) } } }
  }

  private struct Handler: LogHandler {
    let log: NoticeLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let words = (event.metadata ?? [:]).values.map { "\($0)" }
      log.lines.withLock { $0.append(([event.message.description] + words).joined(separator: " ")) }
    }
  }
}
