import Competition
import EventLoop
import HTTPClient
import Logging
import Telemetry

/// Asks the registry every so often, on a thread of its own, and tells the loop what changed.
///
/// While the registry is away the last good answer holds, also over a restart: it is kept in a
/// file. Started once; it ends with `close`, whose completion comes when the thread has ended.
final class RegistryWatch {
  private let settings: RegistrySettings
  private let crunches: [CrunchSettings]
  private let logger: Logger
  private let changed: (ModelManifest) -> Void
  private let file: RegistryStateFile
  private let inbox: Monitor<RegistryInbox>
  private var state: RegistryState
  private var bell: LoopDoorbell?
  private var thread: WorkThread?
  private var timer: LoopTimer?
  private var known: ModelManifest?
  private var closed: (() -> Void)?

  /// Reads the kept answer, if there is one, and begins to ask. `changed` is called on the loop
  /// with every list that differs from the one before; the first time perhaps during this call.
  ///
  /// - Throws: `EventLoopError` when the system has no descriptor left.
  init(
    _ settings: RegistrySettings, crunches: [CrunchSettings], every interval: Duration,
    on loop: Loop, logger: Logger, changed: @escaping (ModelManifest) -> Void
  ) throws(EventLoopError) {
    self.settings = settings
    self.crunches = crunches
    self.logger = logger
    self.changed = changed
    file = RegistryStateFile(path: settings.stateFile)
    inbox = Monitor(RegistryInbox())
    state = RegistryState(interval: interval, backoffMax: settings.backoffMax, keptSince: nil)
    let kept = Self.kept(file, settings, logger)
    state = RegistryState(
      interval: interval, backoffMax: settings.backoffMax, keptSince: kept?.time)
    bell = try LoopDoorbell(on: loop) { [weak self] in self?.collect() }
    timer = LoopTimer(on: loop) { [weak self] in self?.inbox.change { $0.isAsked = true } }
    if let kept { read(kept.bytes, isKept: true) }
    startThread()
  }

  deinit { assert(bell == nil, "a RegistryWatch was dropped without close()") }

  /// Seconds since the last good answer; nil when there was none.
  var ageSeconds: Int64? { state.ageSeconds(at: .now()) }

  /// Ends an open request and the thread; `closed` is called once when both are over.
  func close(_ closed: @escaping () -> Void) {
    self.closed = closed
    timer?.close()
    timer = nil
    inbox.change { $0.isStopping = true }
    finishClose()
  }

  private func startThread() {
    guard let bell else { return }
    let (inbox, settings) = (inbox, settings)
    let url = settings.address(of: crunches)
    do throws(ThreadError) {
      thread = try WorkThread {
        RegistryThread(url: url, settings: settings, inbox: inbox).run { bell.ring() }
      }
      inbox.change { $0.isAsked = true }
    } catch {
      inbox.change { $0.hasEnded = true }
      logger.error(
        "the registry can't be asked: \(error)", metadata: [LogKey.errno: "\(error.errorNumber)"])
    }
  }

  private func collect() {
    let results = inbox.change { $0.takeResults() }
    for result in results where closed == nil {
      switch result {
      case .success(let bytes): answered(bytes)
      case .failure(let error): failed("\(error)")
      }
    }
    finishClose()
  }

  private func answered(_ bytes: [UInt8]) {
    guard read(bytes, isKept: false) else { return }
    let wasFailing = state.failure != nil
    timer?.arm(after: state.answered(at: .now()))
    do { try file.write(bytes) } catch {
      logger.warning(
        "the registry's answer can't be kept for a later start",
        metadata: [LogKey.reason: "\(error)"])
    }
    if wasFailing { logger.notice("the registry answers again", metadata: place) }
  }

  /// Takes the list; false when it can't be used.
  @discardableResult
  private func read(_ bytes: [UInt8], isKept: Bool) -> Bool {
    let source = isKept ? file.path : HTTPFetcher.publicAddress(of: settings.url)
    do {
      let manifest = try RegistryAnswer.read(bytes, from: source, crunches: crunches)
      guard manifest.isOther(than: known) else { return true }
      known = manifest
      logger.notice(
        "the list of models has changed",
        metadata: place.merging([LogKey.models: "\(manifest.entries.count)"]) { $1 })
      changed(manifest)
      return true
    } catch {
      if isKept {
        logger.warning("the kept answer is left aside", metadata: [LogKey.reason: "\(error)"])
      } else {
        failed("\(error)")
      }
      return false
    }
  }

  /// The first failure is told aloud, then each time their count has doubled.
  private func failed(_ cause: String) {
    let delay = state.failed(cause)
    timer?.arm(after: delay)
    var metadata = place
    metadata[LogKey.reason] = "\(cause)"
    metadata[LogKey.attempt] = "\(state.failureCount)"
    metadata[LogKey.backoffMillis] = "\(delay.milliseconds)"
    if let age = ageSeconds { metadata[LogKey.ageSeconds] = "\(age)" }
    let text =
      ageSeconds == nil
      ? "the registry gives no list, and none is kept: no models are run"
      : "the registry gives no list; the last good one holds"
    let isTold = state.failureCount & (state.failureCount - 1) == 0
    logger.log(level: isTold ? .warning : .debug, "\(text)", metadata: metadata)
  }

  private func finishClose() {
    guard let closed, inbox.withLock({ $0.hasEnded }) else { return }
    self.closed = nil
    // It has rung as the last thing that it does.
    thread?.join()
    bell?.close()
    bell = nil
    closed()
  }

  private var place: Logger.Metadata {
    [LogKey.url: "\(HTTPFetcher.publicAddress(of: settings.url))"]
  }

  private static func kept(
    _ file: RegistryStateFile, _ settings: RegistrySettings, _ logger: Logger
  ) -> (bytes: [UInt8], time: UTCTime)? {
    do {
      guard let kept = try file.read(limit: settings.answerBytesMax) else { return nil }
      let age = UTCTime.now().secondsSinceEpoch - kept.time.secondsSinceEpoch
      logger.notice(
        "beginning with the registry's last good answer",
        metadata: [LogKey.path: "\(file.path)", LogKey.ageSeconds: "\(max(0, age))"])
      return kept
    } catch {
      logger.warning("the kept answer is left aside", metadata: [LogKey.reason: "\(error)"])
      return nil
    }
  }
}

extension ModelManifest {
  /// Whether it asks for something else, or has other problems.
  fileprivate func isOther(than known: ModelManifest?) -> Bool {
    guard let known else { return true }
    return entries != known.entries || problems != known.problems
  }
}
