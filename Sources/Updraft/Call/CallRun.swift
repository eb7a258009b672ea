import ArgumentParser
import Competition
import Glibc
import Logging
import ModelRunner
import PredictSetup
import ServiceRuntime
import Synchronization

/// One `updraft call`: connect, call round after round, sum up.
struct CallRun: Sendable {
  /// How often a wait looks whether Ctrl-C was pressed.
  private static let pause = Duration.milliseconds(100)

  let plan: CallPlan
  let options: ClusterOptions
  let access: ModelAccess
  let report: any CallReport

  /// Runs to the end, or until the first round's end after SIGINT or SIGTERM.
  ///
  /// - Throws: `StartFailure` when there's no orchestrator; `ExitCode.incomplete` when no model was
  ///   called in any round.
  func run() async throws {
    let signals = StopSignals()
    let cluster = try await ModelCluster.start(options)
    let watch = EventWatch()
    let follower = Task { await watch.follow(cluster.events) }
    let work = Task { try await rounds(on: cluster, watch, signals) }
    let watcher = Task {
      await signals.wait()
      guard !Task.isCancelled else { return }
      options.logger.notice("stopping after this round; Ctrl-C again cuts it short")
      await signals.wait()
      if !Task.isCancelled { work.cancel() }
    }
    let result = await work.result
    watcher.cancel()
    await cluster.stop()
    await follower.value
    var summary = try result.get()
    (summary.modelCount, summary.reports) = watch.counts
    summary.delegationCheckCount = access.delegationCheckCount
    report.summary(summary)
    if summary.sentCount == 0 { throw ExitCode.incomplete }
  }

  private func rounds(
    on cluster: ModelCluster, _ watch: EventWatch, _ signals: StopSignals
  ) async throws -> CallSummary {
    var summary = CallSummary()
    let start = MonotonicInstant.now()
    let cpuAtStart = ProcessUsage.cpuTime
    try await connect(cluster, from: start, signals)
    summary.connectTime = MonotonicInstant.now().since(start)
    summary.connectCPUTime = ProcessUsage.cpuTime - cpuAtStart
    summary.connectedCount = await cluster.models().count
    summary.residentIdleBytes = ProcessUsage.residentBytes
    if summary.connectedCount == 0 {
      options.logger.warning("no model is ready", metadata: ["crunch": "\(options.crunchID)"])
    }
    var due = MonotonicInstant.now()
    var number = 0
    while !signals.haveArrived, plan.rounds.map({ number < $0 }) ?? true {
      await sleep(until: due, signals)
      if signals.haveArrived { break }
      let late = MonotonicInstant.now().since(due)
      let next = due.advanced(by: plan.interval)
      due = plan.isOpenLoop ? next : max(next, .now())
      number += 1
      let cpuBefore = ProcessUsage.cpuTime
      let round = await cluster.call(.shared(plan.call), timeout: plan.timeout)
      let cpuTime = ProcessUsage.cpuTime - cpuBefore
      summary.cpuTime += cpuTime
      summary.wallTimes.append(round.wallTime)
      summary.sentCount += round.sentCount
      report.round(
        round, number: number, cpuTime: cpuTime, late: plan.isOpenLoop ? late : nil)
    }
    return summary
  }

  /// Waits for the orchestrator's list, and for each model on it to be connected or to have failed
  /// once.
  private func connect(
    _ cluster: ModelCluster, from start: MonotonicInstant, _ signals: StopSignals
  ) async throws {
    let deadline = start.advanced(by: plan.connectWait)
    var hasList = false
    while true {
      let begun = MonotonicInstant.now()
      let slice = min(Self.pause, max(.zero, deadline.since(begun)))
      hasList = await cluster.waitForModels(atMost: slice)
      let isComplete = MonotonicInstant.now().since(begun) < slice
      if (hasList && isComplete) || MonotonicInstant.now() >= deadline { break }
      if signals.haveArrived { throw ExitCode(128 + SIGINT) }
    }
    guard hasList else {
      let place = Endpoint(host: options.orchestratorHost, port: options.orchestratorPort)
      throw StartFailure(
        "no orchestrator at \(place) within \(plan.connectWait.text)",
        remedy: "start model-orchestrator, or set --orchestrator and --connect-wait",
        exitCode: .unavailable)
    }
  }

  private func sleep(until instant: MonotonicInstant, _ signals: StopSignals) async {
    while !signals.haveArrived, !Task.isCancelled {
      let left = instant.since(.now())
      guard left > .zero else { return }
      // A cancellation ends the loop above.
      try? await Task.sleep(for: min(left, Self.pause))
    }
  }
}

extension Logger {
  /// The logger of `updraft call`.
  static var call: Logger { Logger(label: "call") }
}

/// Counts what the cluster tells: the models that it was told of, and those that it reported.
private final class EventWatch: Sendable {
  private struct State {
    var models: Set<ModelID> = []
    var reports: [FailureReport] = []
  }

  private let state = Mutex(State())

  var counts: (models: Int, reports: [FailureReport]) {
    state.withLock { ($0.models.count, $0.reports) }
  }

  /// Returns when the cluster has stopped.
  func follow(_ events: AsyncStream<ClusterEvent>) async {
    for await event in events {
      state.withLock { state in
        switch event {
        case .modelReady(let model), .modelLost(let model, _), .modelNotReady(let model, _, _),
          .modelClosed(let model, _):
          state.models.insert(model.modelID)
        case .modelReported(let report): state.reports.append(report)
        default: break
        }
      }
    }
  }
}
