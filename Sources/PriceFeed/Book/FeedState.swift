import Competition

/// Everything the feed knows and owes: assets, requests and those who wait for them. Events in,
/// steps out; time is an argument.
struct FeedState {
  /// One request to the source.
  struct Request {
    let asset: String
    let span: ClosedRange<Int64>
    /// Requests and waiters share one numbering, so that a waiter knows whether a request began
    /// after it asked.
    let sequence: Int
  }

  /// What the thread is to do next.
  enum Step {
    case fetch(Request)
    case wait(until: MonotonicInstant?)
    case stop
  }

  /// What somebody waits for.
  enum Wish {
    /// Every asset has been asked once more.
    case update
    /// Every asset's history has arrived or has been given up.
    case history
  }

  /// Somebody who waits until each pending asset has been asked (or settled).
  private struct Waiter {
    let wish: Wish
    let sequence: Int
    var pending: Set<String>
    var report = UpdateReport()
  }

  let options: FeedOptions
  private(set) var assets: [String: AssetFeed] = [:]
  private var order: [String] = []
  private var waiters: [Int: Waiter] = [:]
  private var finished: [Int: UpdateReport] = [:]
  private var sequence = 0
  private var nextOwnUpdate: MonotonicInstant?
  private(set) var isStopping = false

  init(options: FeedOptions) { self.options = options }

  /// Replaces the list of assets: new ones become due, prices of those left out are forgotten.
  mutating func setAssets(_ wanted: [String], at now: MonotonicInstant) {
    let names = Set(wanted)
    assets = assets.filter { names.contains($0.key) }
    for asset in wanted where assets[asset] == nil {
      var feed = AssetFeed(options: options)
      feed.updateRequested(options: options, at: now)
      assets[asset] = feed
    }
    var seen: Set<String> = []
    order = wanted.filter { seen.insert($0).inserted }
    for id in waiters.keys { settle(waiter: id, without: names) }
  }

  /// Registers somebody who waits under `id`; an update makes every asset due now.
  mutating func waiterArrived(_ id: Int, wish: Wish, at now: MonotonicInstant) {
    sequence += 1
    var pending = Set(order)
    switch wish {
    case .update:
      for asset in order { assets[asset]?.updateRequested(options: options, at: now) }
    case .history: pending = pending.filter { assets[$0]?.isSettled == false }
    }
    var waiter = Waiter(wish: wish, sequence: sequence, pending: pending)
    for asset in order where !pending.contains(asset) {
      waiter.report.failures[asset] = assets[asset]?.lastError
    }
    waiters[id] = waiter
    finishIfDone(id)
    if isStopping { waiterLeft(id) }
  }

  /// Ends somebody's wait with what there is so far.
  mutating func waiterLeft(_ id: Int) {
    guard var waiter = waiters.removeValue(forKey: id) else { return }
    waiter.report.unfinished = waiter.pending
    for asset in waiter.pending {
      waiter.report.failures[asset] = assets[asset]?.lastError
    }
    finished[id] = waiter.report
  }

  /// The reports of waits that have ended since the last call.
  mutating func takeFinished() -> [Int: UpdateReport] {
    defer { finished.removeAll() }
    return finished
  }

  /// Ends every wait; the next step is `stop`.
  mutating func stop() {
    isStopping = true
    for id in waiters.keys { waiterLeft(id) }
  }

  /// The thread's next step: the asset that has been due longest, in the list's order.
  mutating func nextStep(at now: MonotonicInstant, wall: UTCTime) -> Step {
    guard !isStopping else { return .stop }
    startOwnUpdate(at: now)
    while let asset = longestDue(at: now) {
      sequence += 1
      if let span = assets[asset]?.requestStarted(options: options, wall: wall) {
        return .fetch(Request(asset: asset, span: span, sequence: sequence))
      }
      requestEnded(asset, sequence: sequence, appendedCount: 0)
    }
    return .wait(until: ([nextOwnUpdate] + assets.values.map(\.dueAt)).compactMap { $0 }.min())
  }

  /// Keeps what a request gave; the number of new points.
  @discardableResult
  mutating func requestEnded(
    _ request: Request, _ result: Result<PriceBatch, PriceError>, at now: MonotonicInstant
  ) -> Int {
    guard assets[request.asset] != nil else { return 0 }
    var appendedCount = 0
    switch result {
    case .success(let batch):
      appendedCount = assets[request.asset]?.answerArrived(batch, at: now) ?? 0
    case .failure(let error):
      assets[request.asset]?.requestFailed(error, options: options, at: now)
    }
    requestEnded(request.asset, sequence: request.sequence, appendedCount: appendedCount)
    return appendedCount
  }

  private mutating func requestEnded(_ asset: String, sequence: Int, appendedCount: Int) {
    guard let feed = assets[asset] else { return }
    for id in waiters.keys {
      guard var waiter = waiters[id] else { continue }
      if appendedCount > 0 { waiter.report.appendedCounts[asset, default: 0] += appendedCount }
      let isAnswered =
        switch waiter.wish {
        case .update: sequence > waiter.sequence
        case .history: feed.isSettled
        }
      if isAnswered, waiter.pending.remove(asset) != nil {
        waiter.report.failures[asset] = feed.lastError
      }
      waiters[id] = waiter
      finishIfDone(id)
    }
  }

  private mutating func settle(waiter id: Int, without names: Set<String>) {
    waiters[id]?.pending.formIntersection(names)
    finishIfDone(id)
  }

  private mutating func finishIfDone(_ id: Int) {
    guard let waiter = waiters[id], waiter.pending.isEmpty else { return }
    waiters[id] = nil
    finished[id] = waiter.report
  }

  private mutating func startOwnUpdate(at now: MonotonicInstant) {
    guard let every = options.updateEvery else { return }
    guard let next = nextOwnUpdate else {
      nextOwnUpdate = now.advanced(by: every)
      return
    }
    guard next <= now else { return }
    for asset in order { assets[asset]?.updateRequested(options: options, at: now) }
    nextOwnUpdate = now.advanced(by: every)
  }

  private func longestDue(at now: MonotonicInstant) -> String? {
    var best: (asset: String, dueAt: MonotonicInstant)?
    for asset in order {
      guard let dueAt = assets[asset]?.dueAt, dueAt <= now else { continue }
      if best.map({ dueAt < $0.dueAt }) ?? true { best = (asset, dueAt) }
    }
    return best?.asset
  }
}
