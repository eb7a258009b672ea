import Competition
import EventLoop
import GRPC
import Glibc
import Testing

@testable import ModelRunner

/// Three of ten models behind a black hole, told by the order of events and not by a clock.
@Suite(.timeLimit(.minutes(2)))
struct BlackHoleTests {
  private static let holeCount = 30
  private static let healthyCount = 70

  @Test(.enabled(if: geteuid() == 0, "only root makes network namespaces"))
  func modelsBehindADeadWireHoldNobodyUp() async throws {
    try await play { try BlackHole.inOwnNamespace() }
  }

  @Test func modelsBehindAFullBacklogHoldNobodyUp() async throws {
    try await play { BlackHole.ofFullBacklog() }
  }

  private func play(_ hole: @escaping @Sendable () throws -> BlackHole) async throws {
    let thread = try LoopThread(name: "holes")
    let outcome: Result<HoledGame.Outcome, any Error> = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        do {
          let game = try HoledGame(hole(), on: thread.loop) { done.resume(returning: .success($0)) }
          game.start(holes: Self.holeCount, healthy: Self.healthyCount)
        } catch {
          done.resume(returning: .failure(error))
        }
      }
    }
    #expect(await thread.stop() == 0, "handles were left open")
    let seen = try outcome.get()
    #expect(seen.failedCount == 0, "nobody waited for a hole's patience to end")
    #expect(seen.heldMost > 0 && seen.heldMost <= HoledGame.placesMax)
    #expect(seen.results.count == Self.healthyCount)
    #expect(seen.results.allSatisfy { $0.status == .success })
  }
}

/// A shard with black holes and healthy models, all on the loop of one thread: first the holes are
/// connected to, then the others, then there is a round.
private final class HoledGame: TurnEndTask {
  struct Outcome: Sendable {
    var results: [CallResult] = []
    /// Attempts to connect that had ended in vain when the last healthy model was ready.
    var failedCount = 0
    /// The most places of the connect gate that were held at any event.
    var heldMost = 0
  }

  static let placesMax = 8

  private let loop: Loop
  private let hole: BlackHole
  private var models: [ScriptedModel] = []
  private var shard: ModelRunner.Shard?
  private var outcome = Outcome()
  private var readyCount = 0
  private var step = Step.connecting
  private let finish: (Outcome) -> Void

  private enum Step {
    case connecting
    case calling
    case over
  }

  init(_ hole: BlackHole, on loop: Loop, finish: @escaping (Outcome) -> Void) throws {
    self.hole = hole
    self.loop = loop
    self.finish = finish
  }

  func start(holes: Int, healthy: Int) {
    var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
    options.limits.connectsInProgressMax = Self.placesMax
    let shard = ModelRunner.Shard(options, index: 0, on: loop) { self.hear($0) }
    self.shard = shard
    do {
      for _ in 0..<healthy { models.append(try ScriptedModel(goodModel, on: loop)) }
    } catch {
      Issue.record(error)
    }
    let places =
      Array(repeating: (hole.host, hole.port), count: holes)
      + models.map { ("127.0.0.1", $0.port) }
    shard.apply(
      places.enumerated().map { number, place in
        .open(
          ModelDescription(
            modelID: ModelID("m\(number)"), deploymentID: "1", infos: ModelInfos(), host: place.0,
            port: place.1))
      })
  }

  private func hear(_ notice: ShardNotice) {
    outcome.heldMost = max(outcome.heldMost, shard?.gate.heldCount ?? 0)
    guard case .event(let event) = notice, step == .connecting else { return }
    if case .modelNotReady = event { outcome.failedCount += 1 }
    if case .modelReady = event { readyCount += 1 }
    guard readyCount == models.count else { return }
    step = .calling
    loop.atTurnEnd(self)
  }

  /// All are ready: the round begins; it has ended: everything is closed.
  func turnDidEnd() {
    guard step == .calling, let shard else { return close() }
    do {
      let plan = RoundPlan(
        id: 1, content: .shared(try EncodedCall("tick")), selection: .all,
        head: .grpcRequest(path: ServicePath.call, timeout: .seconds(20)), timeout: .seconds(20),
        deadline: MonotonicInstant.now().advanced(by: .seconds(20)), tap: nil)
      shard.start(plan, check: nil) { end in
        self.outcome.results = end.result.results
        self.step = .over
        self.loop.atTurnEnd(self)
      }
    } catch {
      Issue.record(error)
      close()
    }
  }

  private func close() {
    shard?.close()
    shard = nil
    for model in models { model.close() }
    hole.close()
    finish(outcome)
  }
}
