public import Competition
public import Logging
import Synchronization

/// The prices of a game's assets, kept current by a thread of its own that asks a `PriceSource`.
///
/// Reading never waits for the source. Somebody who starts a book stops it: `stop()` ends an open
/// request within a tenth of a second, and until then the thread keeps the book alive.
public final class PriceBook: Sendable {
  private struct Shared {
    var feed: FeedState
    var continuations: [Int: CheckedContinuation<UpdateReport, Never>] = [:]
    /// Waits that have a number; true once they are to end, also before they are registered.
    var waits: [Int: Bool] = [:]
    var nextID = 0
    /// There from the start to the book's end.
    var thread: WorkThread?
  }

  private let monitor: Monitor<Shared>
  private let isStopping = Atomic<Bool>(false)
  private let source: any PriceSource
  private let options: FeedOptions
  private let now: @Sendable () -> UTCTime
  private let logger: Logger

  /// Starts the thread; nothing is asked before `loadHistory` or `setAssets`.
  ///
  /// - Parameters:
  ///   - source: asked by the book's thread only.
  ///   - options: how it is asked.
  ///   - logger: gets a line when an asset's prices fail or arrive again.
  ///   - now: the clock that decides what "until now" is.
  /// - Throws: `PriceError` (`badSetting`) for options that cannot work, or when the system has no
  ///   thread left.
  public init(
    source: any PriceSource, options: FeedOptions = FeedOptions(),
    logger: Logger = Logger(label: "prices"),
    now: @escaping @Sendable () -> UTCTime = { UTCTime.now() }
  ) throws(PriceError) {
    if let problem = options.problem() { throw problem }
    self.source = source
    self.options = options
    self.now = now
    self.logger = logger
    monitor = Monitor(Shared(feed: FeedState(options: options)))
    do throws(ThreadError) {
      let thread = try WorkThread { self.run() }
      monitor.withLock { $0.thread = thread }
    } catch {
      throw PriceError(
        .badSetting, subject: "the price thread", detail: error.message, advice: error.hint,
        errno: error.errorNumber)
    }
  }

  /// Makes `assets` the list, and waits until each one's history has arrived or been given up.
  ///
  /// The report names assets that failed, and those that the deadline left open (their requests go
  /// on). An asset without prices is kept in the list and asked again at each update.
  /// - Throws: `PriceError`: `noPrices` when no asset has a single price by then, `stopped`.
  @discardableResult
  public func loadHistory(
    assets: [String], deadline: MonotonicInstant
  ) async throws(PriceError) -> UpdateReport {
    let report = await wait(for: .history, assets: assets, deadline: deadline)
    if isStopping.load(ordering: .relaxed) {
      throw PriceError(
        .stopped, subject: source.name, detail: "stopped while loading the history",
        advice: "nothing: the program is stopping")
    }
    let hasPrices = monitor.withLock { $0.feed.assets.values.contains { !$0.series.isEmpty } }
    guard hasPrices else { throw noPrices(assets, report) }
    return report
  }

  /// Replaces the list of assets: new ones load their history behind, prices of those left out are
  /// forgotten.
  public func setAssets(_ assets: [String]) {
    changeAndResume { $0.feed.setAssets(assets, at: .now()) }
  }

  /// Asks for every asset's new prices and waits until each has been asked once, at most until
  /// `deadline` (default: one request's timeout from now).
  ///
  /// Failed requests are repeated behind; what arrives later belongs to the next update.
  public func update(deadline: MonotonicInstant? = nil) async -> UpdateReport {
    let limit = deadline ?? MonotonicInstant.now().advanced(by: options.requestTimeout)
    return await wait(for: .update, deadline: limit)
  }

  /// The points of `asset` later than `after` (Unix seconds), all when it is nil, in order of time.
  public func points(asset: String, after: Int64? = nil) -> [PricePoint] {
    monitor.withLock { Array($0.feed.assets[asset]?.series.points(after: after) ?? []) }
  }

  /// The points of `asset` with `from ≤ timestamp ≤ to` (Unix seconds), in order of time.
  public func points(asset: String, from: Int64, to: Int64) -> [PricePoint] {
    monitor.withLock { Array($0.feed.assets[asset]?.series.points(from: from, to: to) ?? []) }
  }

  /// Every asset's points later than `since` (all when nil), at one instant; assets without any
  /// such point are left out.
  public func snapshot(since: Int64? = nil) -> [String: [PricePoint]] {
    monitor.withLock { shared in
      shared.feed.assets.compactMapValues { feed in
        let points = feed.series.points(after: since)
        return points.isEmpty ? nil : Array(points)
      }
    }
  }

  /// Unix seconds of the newest point; nil when there is none.
  public func newestTimestamp(asset: String) -> Int64? {
    monitor.withLock { $0.feed.assets[asset]?.series.newest?.timestampSeconds }
  }

  /// When the newest prices of `asset` came in; nil when there are none.
  public func newestArrival(asset: String) -> MonotonicInstant? {
    monitor.withLock { $0.feed.assets[asset]?.newestArrival }
  }

  /// One entry per asset of the list, in alphabetical order.
  public func statistics() -> [AssetStatistics] {
    let wall = now()
    return monitor.withLock { shared in
      shared.feed.assets.map { $0.value.statistics(of: $0.key, options: options, wall: wall) }
    }.sorted { $0.asset < $1.asset }
  }

  /// Ends the open request and every wait, and returns when the thread has ended.
  public func stop() async {
    isStopping.store(true, ordering: .relaxed)
    changeAndResume { $0.feed.stop() }
    await monitor.withLock { $0.thread }?.join()
  }
}

extension PriceBook {
  /// The thread: asks what is due until the book stops.
  private func run() {
    while let request = nextRequest() {
      let result = fetch(request)
      let (appendedCount, wasFailing) = changeAndResume { shared in
        let wasFailing = shared.feed.assets[request.asset]?.lastError != nil
        return (shared.feed.requestEnded(request, result, at: .now()), wasFailing)
      }
      log(request, result, appendedCount: appendedCount, wasFailing: wasFailing)
    }
  }

  private func nextRequest() -> FeedState.Request? {
    monitor.wait { shared -> Monitor<Shared>.Turn<FeedState.Request?> in
      let step = shared.feed.nextStep(at: .now(), wall: now())
      // An asset that was already ahead of the clock may have ended somebody's wait.
      Self.resume(&shared)
      return switch step {
      case .fetch(let request): .ready(request)
      case .wait(let instant): .wait(until: instant)
      case .stop: .ready(nil)
      }
    }
  }

  private func fetch(_ request: FeedState.Request) -> Result<PriceBatch, PriceError> {
    do throws(PriceError) {
      return .success(
        try source.points(
          of: request.asset, in: request.span, timeout: options.requestTimeout,
          isCancelled: { isStopping.load(ordering: .relaxed) }))
    } catch {
      return .failure(error)
    }
  }

  /// A change of an asset's state is told aloud, its repetition only at debug.
  private func log(
    _ request: FeedState.Request, _ result: Result<PriceBatch, PriceError>, appendedCount: Int,
    wasFailing: Bool
  ) {
    var metadata: Logger.Metadata = ["asset": "\(request.asset)"]
    switch result {
    case .success(let batch):
      metadata["new"] = "\(appendedCount)"
      if batch.dropped.totalCount > 0 {
        metadata["dropped"] = "\(batch.dropped.totalCount)"
        logger.warning("prices arrived, some unusable", metadata: metadata)
      } else if wasFailing {
        logger.notice("prices arrive again", metadata: metadata)
      } else {
        logger.debug("prices arrived", metadata: metadata)
      }
    case .failure(let error) where error.code == .stopped: break
    case .failure(let error):
      metadata["error"] = "\(error)"
      logger.log(level: wasFailing ? .debug : .warning, "no prices arrive", metadata: metadata)
    }
  }

  /// Replaces the list of assets, if one is given, in the same step as the wait begins, so that
  /// no answer comes between.
  private func wait(
    for wish: FeedState.Wish, assets: [String]? = nil, deadline: MonotonicInstant
  ) async -> UpdateReport {
    let id = monitor.change { shared in
      shared.nextID += 1
      shared.waits[shared.nextID] = false
      return shared.nextID
    }
    let timer = Task {
      try? await Task.sleep(for: deadline.since(.now()))
      if !Task.isCancelled { self.leave(id) }
    }
    defer {
      timer.cancel()
      monitor.change { $0.waits[id] = nil }
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        changeAndResume { shared in
          shared.continuations[id] = continuation
          if let assets { shared.feed.setAssets(assets, at: .now()) }
          shared.feed.waiterArrived(id, wish: wish, at: .now())
          if shared.waits[id] == true { shared.feed.waiterLeft(id) }
        }
      }
    } onCancel: {
      leave(id)
    }
  }

  private func leave(_ id: Int) {
    changeAndResume { shared in
      guard shared.waits[id] != nil else { return }
      shared.waits[id] = true
      shared.feed.waiterLeft(id)
    }
  }

  @discardableResult
  private func changeAndResume<Result>(_ body: (inout Shared) -> Result) -> Result {
    monitor.change { shared in
      let result = body(&shared)
      Self.resume(&shared)
      return result
    }
  }

  /// Resuming only queues the task, so it may happen with the lock held.
  private static func resume(_ shared: inout Shared) {
    for (id, report) in shared.feed.takeFinished() {
      shared.continuations.removeValue(forKey: id)?.resume(returning: report)
    }
  }

  private func noPrices(_ assets: [String], _ report: UpdateReport) -> PriceError {
    let reasons = Set(report.failures.values.map(\.detail)).sorted().prefix(3)
    let reason =
      !reasons.isEmpty
      ? reasons.joined(separator: "; ")
      : report.unfinished.isEmpty ? "the source has none for them" : "the deadline passed"
    return PriceError(
      .noPrices, subject: source.name,
      detail: "no price of \(assets.joined(separator: ", ")): \(reason)",
      advice: report.failures.values.first?.advice
        ?? "check the assets of prediction_configs and the source in the game file")
  }
}
