public import Competition
import EventLoop
import Resilience

/// Decides what happens to one model: events in, actions out, no I/O and no clock of its own.
public struct ModelSupervisor: Sendable {
  /// What `models.yml` said last.
  public private(set) var entry: ModelEntry
  /// Where the model is on its way.
  public private(set) var phase = ModelPhase.stopped
  /// Why it is there; nil when there is nothing to explain.
  public private(set) var reason: String?
  /// The running version of the model; nil when there is no process.
  public private(set) var deploymentID: String?
  /// Processes started since the beginning.
  public private(set) var startCount = 0
  /// Why what is asked for now may not start; nil when it may. What ran before goes on.
  public private(set) var refusal: String?
  /// The submission that may not start again; nil when there is none.
  public private(set) var quarantinedSubmissionID: String?

  /// What the quarantined submission did.
  private var quarantineReason = ""
  private let policy: SupervisionPolicy
  private var random: SplitMix64
  private var restart: Backoff
  private var environmentRetry: Backoff
  private var port: UInt16 = 0
  /// What the coordinators were told of the running model, and those of which competition; nil when
  /// they were told nothing, or that it doesn't run.
  private var announced: (entry: FeedEntry, crunchID: String)?
  private var runningSince: MonotonicInstant?
  /// Crashes since the model was last taken to be well, or asked for anew.
  private var crashCount = 0
  /// What follows the end of the process that is being ended.
  private var afterStop = AfterStop.stop

  /// `waitUncounted` after what isn't the model's fault: no crash of its own.
  private enum AfterStop { case stop, fail, prepare, wait, waitUncounted }

  /// Creates the supervisor of a model that isn't running.
  ///
  /// - Parameters:
  ///   - entry: What `models.yml` says; its state isn't acted on before `wanted` comes.
  ///   - policy: How patiently the model is restarted.
  ///   - seed: The seed of the jitter.
  public init(_ entry: ModelEntry, policy: SupervisionPolicy = SupervisionPolicy(), seed: UInt64) {
    self.entry = entry
    self.policy = policy
    random = SplitMix64(seed: seed)
    restart = policy.restart
    environmentRetry = policy.environment
  }

  /// Takes one event; the actions are to be done in order.
  public mutating func handle(_ event: ModelEvent, at now: MonotonicInstant) -> [ModelAction] {
    switch event {
    case .wanted(let entry): return want(entry)
    case .refused(let entry, let why): return refuse(entry, because: why)
    case .unwanted(let why):
      refusal = nil
      return leave(to: .stopped, because: why)
    case .codeChanged(let why): return renew(because: why)
    case .shutDown: return leave(to: .stopped, because: "the orchestrator stops")
    case .reported(let report): return report.modelID == entry.modelID ? accept(report) : []
    case .environmentReady:
      guard phase == .preparing else { return [] }
      environmentRetry.reset()
      return enter(.starting, [.launch(entry.launch)])
    case .environmentFailed(let why):
      guard phase == .preparing else { return [] }
      return wait(environmentRetry.next(using: &random), because: why)
    case .started(let id, let port):
      guard phase == .starting else { return [] }
      (deploymentID, self.port) = (id, port)
      startCount += 1
      return enter(.checking, [.watchHealth(port: port)])
    case .startFailed(let why):
      guard phase == .starting else { return [] }
      return wait(restart.next(using: &random), because: why)
    case .healthy:
      guard phase == .checking else { return [] }
      runningSince = now
      return enter(.running, [announcement()])
    case .healthTimedOut(let why):
      guard phase == .checking else { return [] }
      afterStop = .wait
      return enter(.stopping, [.terminate], because: why)
    case .frontEnded(let why): return frontEnded(because: why, at: now)
    case .exceeded(let why):
      guard phase == .checking || phase == .running else { return [] }
      let news = withdrawal(.recovering)
      afterStop = .wait
      forgiveIfSteady(at: now)
      return enter(.stopping, [.unwatchHealth] + news + [.kill], because: why)
    case .exited(let exit, let said): return exited(exit, said, at: now)
    case .backoffElapsed: return phase == .waiting ? prepare() : []
    }
  }

  private mutating func want(_ new: ModelEntry) -> [ModelAction] {
    let old = entry
    entry = new
    refusal = nil
    if let quarantinedSubmissionID, quarantinedSubmissionID != new.launch.submissionID {
      self.quarantinedSubmissionID = nil
    }
    let isNewLaunch = old.launch != new.launch || old.crunchID != new.crunchID
    switch phase {
    case .stopped, .refused: return start()
    case .failed: return isNewLaunch ? start() : []
    case .running where !isNewLaunch:
      return old.infos == new.infos ? [] : [announcement()]
    case .stopping where !isNewLaunch:
      // It was to stop and shall run again: nothing to do but to start it when it has ended.
      if afterStop == .stop { afterStop = .prepare }
      return []
    default:
      guard isNewLaunch, quarantinedSubmissionID == nil else { return [] }
      forgive()
      return abandon(then: .prepare, because: "models.yml asks for another version")
    }
  }

  /// Starts nothing. A version that runs was accepted, so it goes on, and so does its entry.
  private mutating func refuse(_ new: ModelEntry, because why: String) -> [ModelAction] {
    refusal = why
    guard !phase.isActive else { return [] }
    entry = new
    return enter(.refused, [], because: why)
  }

  /// Changed code is another version, so what was held against the one before is forgotten.
  private mutating func renew(because why: String) -> [ModelAction] {
    switch phase {
    case .stopped, .refused: return []
    case .stopping where afterStop == .stop: return []
    case .failed:
      quarantinedSubmissionID = nil
      return start()
    default:
      quarantinedSubmissionID = nil
      restart.reset()
      environmentRetry.reset()
      return abandon(then: .prepare, because: why)
    }
  }

  private mutating func start() -> [ModelAction] {
    guard quarantinedSubmissionID == nil else {
      reason =
        "submission \(entry.launch.submissionID) is in quarantine, \(quarantineReason);"
        + " submit another one"
      return []
    }
    forgive()
    return prepare()
  }

  private mutating func forgive() {
    restart.reset()
    environmentRetry.reset()
    crashCount = 0
  }

  /// A model that has served for long enough begins again with short waits.
  private mutating func forgiveIfSteady(at now: MonotonicInstant) {
    if let since = runningSince, now.since(since) >= policy.steadyAfter { forgive() }
    runningSince = nil
  }

  /// A model that was reported is stopped; one that isn't serving is restarting already.
  private mutating func accept(_ report: FailureReport) -> [ModelAction] {
    guard phase == .running else { return [] }
    if policy.canPlaceInQuarantine, report.code != .connectionFailed {
      quarantinedSubmissionID = entry.launch.submissionID
      quarantineReason = report.summary
    }
    return leave(to: .failed, because: report.summary)
  }

  /// A model that nobody can reach any more is started anew, together with its front.
  private mutating func frontEnded(
    because why: String, at now: MonotonicInstant
  ) -> [ModelAction] {
    guard phase == .checking || phase == .running else { return [] }
    forgiveIfSteady(at: now)
    afterStop = .waitUncounted
    return enter(.stopping, [.unwatchHealth] + withdrawal(.recovering) + [.terminate], because: why)
  }

  private mutating func exited(
    _ exit: ChildExit, _ said: String, at now: MonotonicInstant
  ) -> [ModelAction] {
    let wasRunning = phase == .running
    defer { deploymentID = nil }
    switch phase {
    case .checking, .running:
      forgiveIfSteady(at: now)
      let end = exit.explained + (wasRunning ? "" : " before it was healthy")
      let news = withdrawal(.recovering)
      return [.unwatchHealth] + news + crashed(because: said.isEmpty ? end : "\(end): \(said)")
    case .stopping:
      switch afterStop {
      case .stop: return enter(.stopped, [], because: reason)
      case .fail: return enter(.failed, [], because: reason)
      case .prepare: return prepare()
      case .wait: return crashed(because: reason ?? "")
      case .waitUncounted: return wait(restart.next(using: &random), because: reason ?? "")
      }
    default: return []
    }
  }

  /// Waits, or gives the submission up when it has crashed too often in a row.
  private mutating func crashed(because why: String) -> [ModelAction] {
    crashCount += 1
    guard policy.canPlaceInQuarantine, let most = policy.crashesMax, crashCount >= most else {
      return wait(restart.next(using: &random), because: why)
    }
    quarantinedSubmissionID = entry.launch.submissionID
    return enter(
      .failed, [],
      because: "crashed \(crashCount) times in a row and is in quarantine until another submission"
        + " comes; the last time: \(why)")
  }

  /// Ends whatever is under way; `state` is `stopped` or `failed`.
  private mutating func leave(to state: ModelPhase, because why: String) -> [ModelAction] {
    switch phase {
    case .stopped: return []
    case .failed, .refused:
      return state == .stopped ? enter(.stopped, [], because: why) : []
    default: return abandon(then: state == .failed ? .fail : .stop, because: why)
    }
  }

  private mutating func abandon(then next: AfterStop, because why: String) -> [ModelAction] {
    let undo: [ModelAction]
    switch phase {
    case .preparing: undo = [.cancelEnvironment]
    case .starting: undo = [.cancelLaunch]
    case .waiting: undo = [.disarmBackoff]
    case .stopping, .checking, .running:
      let isStopping = phase == .stopping
      let news = withdrawal(next == .prepare ? .recovering : .stopped)
      afterStop = next
      runningSince = nil
      if isStopping {
        reason = why
        return news
      }
      return enter(.stopping, [.unwatchHealth] + news + [.terminate], because: why)
    case .stopped, .failed, .refused: undo = []
    }
    switch next {
    case .prepare, .wait, .waitUncounted: return undo + prepare()
    case .stop: return enter(.stopped, undo, because: why)
    case .fail: return enter(.failed, undo, because: why)
    }
  }

  private mutating func prepare() -> [ModelAction] {
    enter(.preparing, [.prepareEnvironment(entry.launch)])
  }

  private mutating func wait(_ delay: Duration, because why: String) -> [ModelAction] {
    enter(.waiting, [.armBackoff(delay)], because: why)
  }

  private mutating func enter(
    _ next: ModelPhase, _ actions: [ModelAction], because why: String? = nil
  ) -> [ModelAction] {
    phase = next
    reason = why
    return actions
  }

  /// Takes back what the coordinators were told, once.
  private mutating func withdrawal(_ state: FeedState) -> [ModelAction] {
    guard var told = announced else { return [] }
    announced = nil
    told.entry.state = state
    return [.announce(told.entry, crunchID: told.crunchID)]
  }

  private mutating func announcement() -> ModelAction {
    let description = ModelDescription(
      modelID: entry.modelID, deploymentID: deploymentID ?? "", infos: entry.infos,
      host: "127.0.0.1", port: port)
    let told = FeedEntry(description)
    announced = (told, entry.crunchID)
    return .announce(told, crunchID: entry.crunchID)
  }
}
