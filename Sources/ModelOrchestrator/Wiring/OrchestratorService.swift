import EventLoop
import Glibc
import Logging
import Orchestration
import ServiceRuntime
import Telemetry

/// The orchestrator on its loop's thread, with the signals that end it.
actor OrchestratorService {
  /// What stopping may take: models get 5 s, the rest of the 10 s is for the program's end.
  private static let stopTimeout: Duration = .seconds(8)

  private let thread: LoopThread
  private(set) var orchestrator: Orchestrator?
  private var inspection: Inspection?
  private var reporter: MetricsReporter?
  private var signals: [SignalWatcher] = []
  private var watchdog: LoopTimer?
  private var wasSignalled = false
  private var waiter: CheckedContinuation<Void, Never>?

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.executor.asUnownedSerialExecutor()
  }

  init() throws { thread = try LoopThread(name: "orchestrator") }

  func inspect(
    _ settings: OrchestratorConfiguration, _ environment: [String: String]
  ) async -> [InspectionFinding] {
    let inspection = Inspection(settings, environment: environment, on: thread.loop)
    self.inspection = inspection
    defer { self.inspection = nil }
    return await withCheckedContinuation { done in
      inspection.run { done.resume(returning: $0) }
    }
  }

  func start(
    _ settings: OrchestratorConfiguration, _ environment: [String: String], _ logger: Logger,
    _ notifier: ServiceNotifier
  ) throws {
    let code = OwnProcess.adoptOrphans()
    if code != 0 {
      logger.warning(
        "what models leave behind can't be adopted", metadata: [LogKey.errno: "\(code)"])
    }
    let orchestrator = Orchestrator(
      settings, environment: environment, adoptsOrphans: code == 0, on: thread.loop,
      logger: logger)
    try orchestrator.start()
    self.orchestrator = orchestrator
    for number in [SIGTERM, SIGINT] {
      signals.append(
        try SignalWatcher(number, on: thread.loop) { [weak self] in
          self?.assumeIsolated { $0.signalled() }
        })
    }
    let addresses = orchestrator.addresses.map(\.description).joined(separator: ", ")
    logger.notice(
      "listening for coordinators",
      metadata: [
        LogKey.address: "\(addresses)", LogKey.models: "\(orchestrator.statuses.count)",
        LogKey.path: "\(settings.modelsSource)",
      ])
    notifier.ready(status: "listening on \(addresses)")
    if let path = settings.metricsFile {
      let reporter = MetricsReporter(path: path, logger: logger) { [weak self] in
        await self?.metrics() ?? []
      }
      reporter.start()
      self.reporter = reporter
    }
    if let interval = notifier.watchdogInterval {
      watchdog = LoopTimer(on: thread.loop) { notifier.watchdog() }
      watchdog?.repeatEvery(interval / 2)
    }
  }

  /// Returns when the program was told to end.
  func waitForSignal() async {
    if wasSignalled { return }
    await withCheckedContinuation { waiter = $0 }
  }

  /// Stops the orchestrator; false when something of it didn't end in time.
  func stop(_ logger: Logger) async -> Bool {
    guard let orchestrator else { return true }
    logger.notice("stopping")
    let isClean = await withCheckedContinuation { (done: CheckedContinuation<Bool, Never>) in
      let deadline = StopDeadline(after: Self.stopTimeout, on: thread.loop) {
        done.resume(returning: $0)
      }
      orchestrator.stop { deadline.met() }
    }
    await reporter?.finish()
    if !isClean { logger.error("something did not end in time and is left behind") }
    self.orchestrator = nil
    return isClean
  }

  /// Ends the signals and the loop.
  func end() async {
    for watcher in signals { watcher.close() }
    signals = []
    watchdog?.close()
    watchdog = nil
    await thread.stop()
  }

  private func metrics() -> [MetricFamily] { orchestrator?.metrics ?? [] }

  private func signalled() {
    wasSignalled = true
    waiter?.resume()
    waiter = nil
  }
}

/// Whether something was met before its time was up; tells it once.
private final class StopDeadline {
  private var timer: LoopTimer?
  private var ended: ((Bool) -> Void)?

  init(after time: Duration, on loop: Loop, ended: @escaping (Bool) -> Void) {
    self.ended = ended
    timer = LoopTimer(on: loop) { self.end(false) }
    timer?.arm(after: time)
  }

  func met() { end(true) }

  private func end(_ result: Bool) {
    timer?.close()
    timer = nil
    ended?(result)
    ended = nil
  }
}
