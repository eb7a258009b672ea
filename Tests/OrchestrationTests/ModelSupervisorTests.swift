import Competition
import EventLoop
import Orchestration
import Resilience
import Testing

/// Drives one supervisor and collects what it wants done.
private struct Bench {
  var supervisor: ModelSupervisor
  var now = MonotonicInstant(nanoseconds: 1_000_000_000)
  let entry: ModelEntry

  init(quarantine: Bool = false, crashesMax: Int? = nil) {
    entry = ModelEntry(
      modelID: ModelID("7"), crunchID: "game", launch: ModelLaunch(submissionID: "s1"),
      infos: ModelInfos(modelName: "seven"))
    var policy = SupervisionPolicy()
    policy.restart = Backoff(min: .seconds(1), max: .seconds(8), jitter: 0)
    policy.environment = Backoff(min: .seconds(30), max: .seconds(60), jitter: 0)
    policy.canPlaceInQuarantine = quarantine
    policy.crashesMax = crashesMax
    supervisor = ModelSupervisor(entry, policy: policy, seed: 1)
  }

  @discardableResult
  mutating func send(_ events: ModelEvent...) -> [ModelAction] {
    events.flatMap { supervisor.handle($0, at: now) }
  }

  /// Up to a model that serves as deployment `id` on port 1.
  mutating func run(_ id: String = "d1") {
    send(
      .wanted(supervisor.entry), .environmentReady, .started(deploymentID: id, port: 1), .healthy)
  }

  func told(_ state: FeedState, _ id: String = "d1", name: String = "seven") -> ModelAction {
    let description = ModelDescription(
      modelID: ModelID("7"), deploymentID: id, infos: ModelInfos(modelName: name),
      host: "127.0.0.1",
      port: 1)
    return .announce(FeedEntry(description, state: state), crunchID: "game")
  }

  func changed(_ change: (inout ModelEntry) -> Void) -> ModelEntry {
    var copy = entry
    change(&copy)
    return copy
  }
}

private let crash = ModelEvent.exited(ChildExit(code: 1, signal: 0))
private let report = FailureReport(
  modelID: ModelID("7"), code: .badImplementation, reason: "no class")

@Test func aWantedModelGoesFromItsEnvironmentToServing() {
  var bench = Bench()
  #expect(bench.supervisor.phase == .stopped)
  #expect(bench.send(.wanted(bench.entry)) == [.prepareEnvironment(bench.entry.launch)])
  #expect(bench.send(.environmentReady) == [.launch(bench.entry.launch)])
  #expect(bench.send(.started(deploymentID: "d1", port: 1)) == [.watchHealth(port: 1)])
  #expect(bench.supervisor.phase == .checking)
  #expect(bench.send(.healthy) == [bench.told(.running)])
  #expect(bench.supervisor.phase == .running)
  #expect(bench.send(.wanted(bench.entry)) == [], "the same wish again changes nothing")
}

@Test func aModelThatDiesRecoversWithAGrowingBackoffAndANewDeployment() {
  var bench = Bench()
  bench.run()
  #expect(bench.send(crash) == [.unwatchHealth, bench.told(.recovering), .armBackoff(.seconds(1))])
  #expect(bench.supervisor.reason == "the process exited with code 1")
  #expect(bench.send(.backoffElapsed) == [.prepareEnvironment(bench.entry.launch)])
  bench.send(.environmentReady, .started(deploymentID: "d2", port: 1))
  #expect(bench.send(crash) == [.unwatchHealth, .armBackoff(.seconds(2))], "it wasn't announced")
  bench.send(.backoffElapsed, .environmentReady, .started(deploymentID: "d3", port: 1))
  #expect(bench.send(.healthy) == [bench.told(.running, "d3")])
  #expect(bench.send(crash).last == .armBackoff(.seconds(4)), "it served too briefly to be well")
}

@Test func aModelThatServedForAWhileIsRestartedQuickly() {
  var bench = Bench()
  bench.run()
  bench.send(crash, .backoffElapsed, .environmentReady)
  bench.send(.started(deploymentID: "d2", port: 1), .healthy)
  bench.now = bench.now.advanced(by: .seconds(60))
  #expect(bench.send(crash).last == .armBackoff(.seconds(1)))
}

@Test func aModelThatNeverServesIsEndedAndTriedAgain() {
  var bench = Bench()
  bench.send(.wanted(bench.entry), .environmentReady, .started(deploymentID: "d1", port: 1))
  #expect(bench.send(.healthTimedOut(reason: "not healthy")) == [.terminate])
  #expect(bench.supervisor.phase == .stopping)
  #expect(bench.send(crash) == [.armBackoff(.seconds(1))])
  #expect(bench.supervisor.reason == "not healthy")
}

@Test func failuresBeforeAProcessExistsAreRetriedAtTheirOwnPace() {
  var bench = Bench()
  bench.send(.wanted(bench.entry))
  #expect(bench.send(.environmentFailed(reason: "pip")) == [.armBackoff(.seconds(30))])
  bench.send(.backoffElapsed)
  #expect(bench.send(.environmentFailed(reason: "pip")) == [.armBackoff(.seconds(60))])
  bench.send(.backoffElapsed, .environmentReady)
  #expect(bench.send(.startFailed(reason: "no such file")) == [.armBackoff(.seconds(1))])
  #expect(bench.supervisor.phase == .waiting)
}

@Test func anUnwantedModelIsTakenBackFirstAndEndedThen() {
  var bench = Bench()
  bench.run()
  #expect(
    bench.send(.unwanted(reason: "models.yml says STOPPED")) == [
      .unwatchHealth, bench.told(.stopped), .terminate,
    ])
  #expect(bench.send(.unwanted(reason: "again")) == [])
  #expect(bench.send(crash) == [])
  #expect(bench.supervisor.phase == .stopped)
  #expect(bench.send(.backoffElapsed, .healthy, .environmentReady, crash) == [], "late news")
}

@Test func stoppingGivesUpWhateverIsUnderWay() {
  var preparing = Bench()
  preparing.send(.wanted(preparing.entry))
  #expect(preparing.send(.shutDown) == [.cancelEnvironment])
  var starting = Bench()
  starting.send(.wanted(starting.entry), .environmentReady)
  #expect(starting.send(.shutDown) == [.cancelLaunch])
  var waiting = Bench()
  waiting.send(.wanted(waiting.entry), .environmentFailed(reason: "pip"))
  #expect(waiting.send(.shutDown) == [.disarmBackoff])
  for bench in [preparing, starting, waiting] { #expect(bench.supervisor.phase == .stopped) }
}

@Test func aNewSubmissionReplacesTheRunningOne() {
  var bench = Bench()
  bench.run()
  let new = bench.changed { $0.launch.submissionID = "s2" }
  #expect(bench.send(.wanted(new)) == [.unwatchHealth, bench.told(.recovering), .terminate])
  #expect(bench.send(crash) == [.prepareEnvironment(new.launch)])
}

@Test func aNewNameIsOnlyAnnounced() {
  var bench = Bench()
  bench.run()
  let new = bench.changed { $0.infos.modelName = "eight" }
  #expect(bench.send(.wanted(new)) == [bench.told(.running, name: "eight")])
  #expect(bench.supervisor.phase == .running)
}

@Test func aModelThatChangesItsCrunchIsTakenBackWhereItWas() {
  var bench = Bench()
  bench.run()
  let new = bench.changed { $0.crunchID = "other" }
  #expect(bench.send(.wanted(new)).contains(bench.told(.recovering)))
}

@Test func runningAndStoppedInQuickSuccessionEndAsAskedLast() {
  var bench = Bench()
  bench.run()
  for _ in 0..<100 { bench.send(.unwanted(reason: "off"), .wanted(bench.entry)) }
  #expect(bench.supervisor.phase == .stopping)
  #expect(bench.send(crash) == [.prepareEnvironment(bench.entry.launch)])
  bench.send(.environmentReady, .started(deploymentID: "d2", port: 1), .healthy)
  for _ in 0..<100 { bench.send(.wanted(bench.entry), .unwanted(reason: "off")) }
  bench.send(crash)
  #expect(bench.supervisor.phase == .stopped)
}

@Test func aReportedModelStaysDownUntilItIsChangedOrSwitchedOffAndOn() {
  var bench = Bench()
  bench.run()
  #expect(bench.send(.reported(report)) == [.unwatchHealth, bench.told(.stopped), .terminate])
  bench.send(crash)
  #expect(bench.supervisor.phase == .failed)
  #expect(bench.supervisor.reason == "reported as BAD_IMPLEMENTATION: no class")
  #expect(bench.send(.wanted(bench.entry)) == [], "the file still says the same")
  bench.send(.unwanted(reason: "off"))
  #expect(bench.send(.wanted(bench.entry)) == [.prepareEnvironment(bench.entry.launch)])
}

@Test func aReportOfAModelThatDoesNotServeOrIsAnotherIsLeftAside() {
  var bench = Bench()
  bench.run()
  let foreign = FailureReport(modelID: ModelID("8"), code: .multipleFailed)
  #expect(bench.send(.reported(foreign)) == [])
  bench.send(crash)
  #expect(bench.send(.reported(report)) == [])
  #expect(bench.supervisor.phase == .waiting)
}

@Test func quarantineKeepsASubmissionDownAndANewOneEndsIt() {
  var bench = Bench(quarantine: true)
  bench.run()
  bench.send(.reported(report), crash, .unwanted(reason: "off"))
  #expect(bench.send(.wanted(bench.entry)) == [])
  #expect(
    bench.supervisor.reason?.contains("in quarantine, \(report.summary); submit another") == true)
  let new = bench.changed { $0.launch.submissionID = "s2" }
  #expect(bench.send(.wanted(new)) == [.prepareEnvironment(new.launch)])
}

@Test func aLostConnectionIsNoReasonForQuarantine() {
  var bench = Bench(quarantine: true)
  bench.run()
  bench.send(.reported(FailureReport(modelID: ModelID("7"), code: .connectionFailed)), crash)
  #expect(bench.supervisor.phase == .failed)
  #expect(bench.supervisor.quarantinedSubmissionID == nil)
}

@Test func aModelThatUsesTooMuchIsKilledAndTriedAgain() {
  var bench = Bench()
  bench.run()
  #expect(
    bench.send(.exceeded(reason: "too much")) == [.unwatchHealth, bench.told(.recovering), .kill])
  #expect(bench.supervisor.phase == .stopping)
  #expect(bench.send(.exceeded(reason: "again")) == [], "it is being ended already")
  #expect(bench.send(.exited(ChildExit(code: 0, signal: 9))) == [.armBackoff(.seconds(1))])
  #expect(bench.supervisor.reason == "too much")
}

@Test func whatAProcessSaidLastIsPartOfTheReason() {
  var bench = Bench()
  bench.run()
  bench.send(.exited(ChildExit(code: 1, signal: 0), said: "ModuleNotFoundError: x"))
  #expect(bench.supervisor.reason == "the process exited with code 1: ModuleNotFoundError: x")
}

@Test(arguments: [
  (ChildExit(code: 0, signal: 25), "limits.file-size"),
  (ChildExit(code: 153, signal: 0), "limits.file-size"),
  (ChildExit(code: 0, signal: 24), "limits.cpu"),
])
func anEndByALimitNamesTheLimit(exit: ChildExit, setting: String) {
  var bench = Bench()
  bench.run()
  bench.send(.exited(exit))
  #expect(bench.supervisor.reason?.contains(setting) == true)
}

@Test func crashesInARowPutASubmissionInQuarantineUntilAnotherComes() {
  var bench = Bench(quarantine: true, crashesMax: 2)
  bench.run()
  #expect(bench.send(crash).last == .armBackoff(.seconds(1)))
  bench.send(.backoffElapsed, .environmentReady, .started(deploymentID: "d2", port: 1))
  #expect(bench.send(crash) == [.unwatchHealth])
  #expect(bench.supervisor.phase == .failed)
  #expect(bench.supervisor.reason?.hasPrefix("crashed 2 times in a row") == true)
  #expect(bench.send(.wanted(bench.entry)) == [])
  let next = bench.changed { $0.launch.submissionID = "s2" }
  #expect(bench.send(.wanted(next)) == [.prepareEnvironment(next.launch)])
}

@Test func crashesWithGoodTimesBetweenThemDoNotAddUp() {
  var bench = Bench(quarantine: true, crashesMax: 2)
  for round in 0..<4 {
    bench.run("d\(round)")
    bench.now = bench.now.advanced(by: .seconds(60))
    #expect(bench.send(crash).last == .armBackoff(.seconds(1)))
    bench.send(.backoffElapsed)
    #expect(bench.supervisor.phase == .preparing)
  }
}

@Test(arguments: [(true, nil), (false, 1)] as [(Bool, Int?)])
func withoutQuarantineOrALimitCrashesAreRetriedForEver(quarantine: Bool, crashesMax: Int?) {
  var bench = Bench(quarantine: quarantine, crashesMax: crashesMax)
  bench.run()
  for _ in 0..<20 {
    bench.send(crash, .backoffElapsed, .environmentReady, .started(deploymentID: "d", port: 1))
    #expect(bench.supervisor.phase == .checking)
  }
}

@Test func changedCodeRestartsAModelWhereverItIsAndStartsNoneThatShallNotRun() {
  let event = ModelEvent.codeChanged(reason: "main.py changed")
  var bench = Bench(quarantine: true)
  #expect(bench.send(event) == [], "it shall not run")
  bench.run()
  #expect(bench.send(event) == [.unwatchHealth, bench.told(.recovering), .terminate])
  #expect(bench.supervisor.reason == "main.py changed")
  #expect(bench.send(event) == [], "it is on its way")
  #expect(bench.send(crash) == [.prepareEnvironment(bench.entry.launch)], "without a back-off")
  #expect(bench.send(event) == [.cancelEnvironment, .prepareEnvironment(bench.entry.launch)])
  bench.send(.environmentReady)
  #expect(bench.send(event) == [.cancelLaunch, .prepareEnvironment(bench.entry.launch)])
  bench.send(.environmentReady, .started(deploymentID: "d2", port: 1), crash)
  #expect(bench.supervisor.phase == .waiting)
  #expect(bench.send(event) == [.disarmBackoff, .prepareEnvironment(bench.entry.launch)])
  bench.send(.environmentReady, .started(deploymentID: "d3", port: 1), .healthy)
  bench.send(.unwanted(reason: "off"))
  #expect(bench.send(event) == [], "it is to stop")
  bench.send(crash)
  #expect(bench.supervisor.phase == .stopped)
}

@Test func changedCodeIsAnotherVersionThatNobodyReportedYet() {
  var bench = Bench(quarantine: true)
  bench.run()
  bench.send(.reported(report), crash)
  #expect(bench.supervisor.quarantinedSubmissionID == "s1")
  #expect(
    bench.send(.codeChanged(reason: "main.py changed"))
      == [.prepareEnvironment(bench.entry.launch)])
  #expect(bench.supervisor.quarantinedSubmissionID == nil)
}
