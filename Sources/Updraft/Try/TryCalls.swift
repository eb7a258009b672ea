import Competition
import Logging
import ModelRunner
import Orchestration
import Resilience
import ServiceRuntime
import Synchronization

/// The coordinator's side of a try: connects to the one model and calls it.
///
/// Ended by `stop()`.
final class TryCalls: Sendable {
  private static let pause = Duration.milliseconds(50)
  /// How long the orchestrator may take to see that a model's process has gone.
  private static let exitNoticeTime = Duration.seconds(2)

  private let cluster: ModelCluster
  private let follower: Task<Void, Never>
  private let watch: SetupVerdict
  private let stage: TryStage

  /// Begins to follow the stage's model.
  init(_ plan: TryPlan, _ stage: TryStage) async throws {
    var options = ClusterOptions(
      crunchID: plan.game.crunchID, baseClass: plan.game.baseClass,
      logger: Logger(label: "try") { _ in SwiftLogNoOpLogHandler() })
    options.orchestratorHost = "127.0.0.1"
    options.orchestratorPort = stage.port
    options.instanceArguments = plan.game.instanceArguments
    options.limits = plan.game.limits
    // Every answer is looked at here, and a model that fails is asked on.
    options.reportsFailures = false
    options.checksReplies = false
    options.breaker = BreakerSettings(failuresMax: 0, timeoutsMax: 0)
    options.breaker.openAfter = .max
    let cluster = try await ModelCluster.start(options)
    let watch = SetupVerdict()
    follower = Task { await watch.follow(cluster.events) }
    (self.cluster, self.watch, self.stage) = (cluster, watch, stage)
  }

  /// Waits until the model runs and is set up; tells each phase once.
  ///
  /// - Throws: `TryFailure` when it doesn't get that far; `CancellationError`.
  func waitForModel(_ tell: (ModelPhase) -> Void) async throws {
    var told: ModelPhase?
    while true {
      try Task.checkCancellation()
      let status = await stage.status()
      if let phase = status?.phase, phase != told {
        tell(phase)
        told = phase
      }
      if let status, Self.hasEnded(status) {
        throw TryFailure(during: "start", reason: status.reason ?? "the model \(status.phase.name)")
      }
      switch watch.state {
      case .waiting: try await Task.sleep(for: Self.pause)
      case .ready: return
      case .refused(let reason): throw TryFailure(during: "Setup", reason: reason)
      }
    }
  }

  /// Calls a method and waits for its answer.
  ///
  /// - Throws: `TryFailure` when the model can't be asked any more; `CancellationError`.
  func call(
    _ method: String, _ arguments: [CallArgument], patience: Duration
  ) async throws -> CallResult {
    let round = try await cluster.call(method, arguments, timeout: patience)
    try Task.checkCancellation()
    guard let result = round.results.first else {
      let reason = await exitReason() ?? "the model takes no calls any more"
      throw TryFailure(during: method, reason: reason)
    }
    guard result.status == .timeout else { return result }
    let detail = result.detail ?? "no answer"
    if detail.hasPrefix("DEADLINE_EXCEEDED") {
      throw TryFailure(during: method, reason: "no answer within \(patience.text)")
    }
    throw TryFailure(during: method, reason: await exitReason() ?? detail)
  }

  /// Closes the connection and ends the threads.
  func stop() async {
    await cluster.stop()
    await follower.value
  }

  /// How the model's process ended; nil when it still runs.
  private func exitReason() async -> String? {
    let deadline = MonotonicInstant.now().advanced(by: Self.exitNoticeTime)
    while MonotonicInstant.now() < deadline, !Task.isCancelled {
      if let status = await stage.status(), Self.hasEnded(status) { return status.reason }
      // A cancellation ends the loop.
      try? await Task.sleep(for: Self.pause)
    }
    return nil
  }

  /// Whether the model's first life is over. (The orchestrator would start it again.)
  private static func hasEnded(_ status: ModelStatus) -> Bool {
    switch status.phase {
    case .waiting, .failed, .refused, .stopped: true
    case .preparing, .starting, .checking, .running, .stopping: status.startCount > 1
    }
  }
}

/// What became of the model's connection and Setup.
private final class SetupVerdict: Sendable {
  enum State: Hashable {
    case waiting
    case ready
    case refused(String)
  }

  private let current = Mutex(State.waiting)

  var state: State { current.withLock { $0 } }

  /// Returns when the cluster has stopped.
  func follow(_ events: AsyncStream<ClusterEvent>) async {
    for await event in events {
      switch event {
      case .modelReady: set(.ready)
      case .reportWithheld(let report), .modelReported(let report):
        set(.refused(Self.reason(of: report)))
      case .modelClosed(_, let reason): set(.refused(reason))
      default: break
      }
    }
  }

  /// `BAD_IMPLEMENTATION: no class …`; that it was Setup is said anyway.
  private static func reason(of report: ModelRunner.FailureReport) -> String {
    let prefix = "Setup: "
    let text =
      report.reason.hasPrefix(prefix)
      ? String(report.reason.dropFirst(prefix.count)) : report.reason
    return report.code == .badImplementation ? "\(report.code.rawValue): \(text)" : text
  }

  /// The first verdict stands.
  private func set(_ state: State) {
    current.withLock { if $0 == .waiting { $0 = state } }
  }
}
