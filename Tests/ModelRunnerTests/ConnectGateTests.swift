import Competition
import EventLoop
import GatewayTestSupport
import Testing

@testable import ModelRunner

@Suite(.timeLimit(.minutes(2)))
struct ConnectGateTests {
  /// Runs a shard of `models` on a loop until `isDone`, which gets how many attempts failed and how
  /// many models are ready.
  private func run(
    _ models: [ModelDescription], placesMax: Int,
    until isDone: @escaping @Sendable (_ failedCount: Int, _ readyCount: Int) -> Bool
  ) async throws -> Duration {
    let thread = try LoopThread(name: "gate")
    var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
    options.limits.connectsInProgressMax = placesMax
    let chosen = options
    let elapsed = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        let start = MonotonicInstant.now()
        let watch = ShardWatch(on: thread.loop, isDone) {
          done.resume(returning: MonotonicInstant.now().since(start))
        }
        let shard = ModelRunner.Shard(chosen, index: 0, on: thread.loop) { watch.hear($0) }
        watch.shard = shard
        shard.apply(models.map { .open($0) })
      }
    }
    #expect(await thread.stop() == 0, "handles were left open")
    return elapsed
  }

  private func model(_ number: Int, _ host: String, _ port: UInt16) -> ModelDescription {
    ModelDescription(
      modelID: ModelID("m\(number)"), deploymentID: "1", infos: ModelInfos(), host: host, port: port
    )
  }

  @Test func thousandsOfAttemptsThatFailAtOnceDoNotNest() async throws {
    // The first one holds the only place while the others queue up: for a broadcast address, which
    // the kernel refuses to connect to at once.
    let silent = try await SilentPeer.start()
    let models =
      [model(0, "127.0.0.1", silent.port)] + (1...8_000).map { model($0, "127.255.255.255", 9) }
    let elapsed = try await run(models, placesMax: 1) { failed, _ in failed == 8_000 }
    #expect(elapsed >= .milliseconds(250))
    #expect(await silent.stop() == 0)
  }

  @Test func peersThatStaySilentGiveTheirPlacesUp() async throws {
    let fleet = try await SimulatedFleet.start(FleetOptions(modelCount: 1))
    let silent = try await SilentPeer.start()
    let blackHoles = (0..<12).map { model($0, "127.0.0.1", silent.port) }
    let elapsed = try await run(blackHoles + fleet.models, placesMax: 4) { _, ready in ready == 1 }
    // Three generations of four, 250 ms each; their patience of 10 s would hold the last one up.
    #expect(elapsed >= .milliseconds(700) && elapsed < .seconds(8))
    #expect(await silent.stop() == 0)
    #expect(await fleet.stop() == 0)
  }
}

/// Counts what a shard says of its models, and closes it at the end of the turn that was enough.
private final class ShardWatch: TurnEndTask {
  var shard: ModelRunner.Shard?
  private var failedCount = 0
  private var readyCount = 0
  private let loop: Loop
  private let isDone: (Int, Int) -> Bool
  private var finish: (() -> Void)?

  init(on loop: Loop, _ isDone: @escaping (Int, Int) -> Bool, finish: @escaping () -> Void) {
    self.loop = loop
    self.isDone = isDone
    self.finish = finish
  }

  func hear(_ notice: ShardNotice) {
    guard case .event(let event) = notice else { return }
    if case .modelReady = event { readyCount += 1 }
    if case .modelNotReady = event { failedCount += 1 }
    if finish != nil, isDone(failedCount, readyCount) { loop.atTurnEnd(self) }
  }

  func turnDidEnd() {
    guard let finish else { return }
    self.finish = nil
    shard?.close()
    shard = nil
    finish()
  }
}

/// Accepts connections and says nothing.
private final class SilentPeer: Sendable {
  let port: UInt16
  private let thread: LoopThread
  private let crowd: LoopBound<Crowd>

  private init(_ port: UInt16, _ thread: LoopThread, _ crowd: LoopBound<Crowd>) {
    self.port = port
    self.thread = thread
    self.crowd = crowd
  }

  static func start() async throws -> SilentPeer {
    let thread = try LoopThread(name: "silent")
    let crowd = try await LoopBound(on: thread) { try Crowd(on: $0) }
    return SilentPeer(await crowd.run { $0.port }, thread, crowd)
  }

  func stop() async -> Int {
    await crowd.run { $0.close() }
    return await thread.stop()
  }

  private final class Crowd {
    private(set) var port: UInt16 = 0
    private var listener: TCPListener?
    private var streams: [TCPStream] = []

    init(on loop: Loop) throws {
      let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
      let listener = try TCPListener(on: address, loop: loop) { [weak self] in
        self?.streams.append($0)
      }
      self.listener = listener
      port = listener.address.port
    }

    func close() {
      listener?.close()
      for stream in streams { stream.close() }
    }
  }
}
