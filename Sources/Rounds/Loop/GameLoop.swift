public import Competition

/// The real-time loop of a game: prices → tick → due predict rounds → storage, until a stop is
/// requested.
///
/// It runs on the clock and through the ports that it is given; every wait is bounded by a deadline
/// that it hands out, and a stop request shortens all of them.
public actor GameLoop {
  /// How long the first loading of the whole history may take: ten tries of 10 s each, 5 s apart,
  /// for two assets one after the other.
  public static let historyTimeout = Duration.seconds(300)
  /// How long before a tick the configurations are read, at most a quarter of the tick.
  public static let configLead = Duration.seconds(1)
  /// How long the first reading of the configurations may take.
  public static let startTimeout = Duration.seconds(30)

  private let settings: GameSettings
  private let models: any ModelPort
  private let prices: any PricePort
  private let store: any StorePort
  private let clock: any ClockPort
  private let stop: StopRequest
  private let observe: @Sendable (GameEvent) -> Void

  private var roster: Roster
  private var schedule = Schedule()
  private var book = ConfigBook()
  private var watch = AssetWatch()
  private var markets: MarketWatch
  private var performedAtClock: PerformedAtClock
  private var tickCount = 0
  private var roundCount = 0

  /// Puts a game together; `run()` plays it.
  ///
  /// - Parameters:
  ///   - settings: The loop's settings.
  ///   - models: The models.
  ///   - prices: The price history.
  ///   - store: Configurations, known models, and the taker of rounds.
  ///   - clock: Both clocks.
  ///   - stop: Ends the game when requested.
  ///   - newestPerformedAt: The last round's time of an earlier run, when it is known.
  ///   - observe: Told of everything that happens; called on the loop, so it must not wait.
  public init(
    settings: GameSettings, models: any ModelPort, prices: any PricePort, store: any StorePort,
    clock: any ClockPort, stop: StopRequest, newestPerformedAt: UTCTime? = nil,
    observe: @escaping @Sendable (GameEvent) -> Void
  ) {
    self.settings = settings
    self.models = models
    self.prices = prices
    self.store = store
    self.clock = clock
    self.stop = stop
    self.observe = observe
    roster = Roster(rows: [], at: clock.now())
    performedAtClock = PerformedAtClock(after: newestPerformedAt)
    markets = MarketWatch(closedAfter: settings.closedAfter)
  }

  /// Plays until a stop is requested, or in `once` mode one tick and one round of each group.
  ///
  /// - Throws: `GameLoopError` when the game can't start.
  public func run() async throws(GameLoopError) {
    let grace = settings.stopGrace
    let action = stop.whenRequested { [models, clock] in
      models.shortenDeadlines(to: clock.now().advanced(by: grace))
    }
    defer {
      stop.forget(action)
      observe(.stopped(tickCount: tickCount, roundCount: roundCount))
    }
    do {
      try await prepare()
    } catch {
      if stop.isRequested { return }
      throw error
    }
    var tickAt = clock.now()
    while !stop.isRequested {
      await tick()
      await playDueRounds()
      if settings.once { return }
      tickAt = nextTick(after: tickAt)
      await wait(for: tickAt)
    }
  }

  // MARK: Start

  private func prepare() async throws(GameLoopError) {
    do {
      let deadline = clock.now().advanced(by: Self.startTimeout)
      let rows = try await store.activeConfigs(by: deadline)
      let known = try await store.knownModels()
      let shard = settings.shard
      roster = Roster(rows: known, absentAfter: settings.absentAfter, at: clock.now()) {
        shard.owns($0)
      }
      emit(book.take(rows, isFirst: true))
    } catch {
      throw GameLoopError(
        code: .storeUnavailable, reason: "reading prediction_configs and models: \(error)")
    }
    if settings.once, book.configs.isEmpty {
      throw GameLoopError(
        code: .noActiveConfigs, reason: "add one with `updraft configs add`, or resume one")
    }
    let assets = book.assets
    let faults = await updatePrices(by: clock.now().advanced(by: Self.historyTimeout))
    if !assets.isEmpty, watch.assetsWithPrices.isEmpty, !stop.isRequested {
      let reason = faults.first.map { ": \($0.asset): \($0.reason)" } ?? ""
      throw GameLoopError(
        code: .noPrices,
        reason: "none of \(assets.joined(separator: ", ")) has a single price; "
          + "check prices.source and prices.url or prices.path\(reason)")
    }
    observe(.started(knownModelCount: roster.memberCount, assets: assets))
  }

  // MARK: Waiting

  /// Keeps the ticks on their grid; those that have passed are dropped.
  private func nextTick(after tickAt: MonotonicInstant) -> MonotonicInstant {
    let interval = max(1, settings.tick.nanoseconds)
    let passed = max(0, clock.now().since(tickAt).nanoseconds) / interval
    if passed > 0, !stop.isRequested { observe(.ticksMissed(count: Int(passed))) }
    return tickAt.advanced(by: .nanoseconds((passed + 1) * interval))
  }

  /// Waits for the next tick; shortly before it, asks for the configurations and the prices'
  /// assets.
  private func wait(for tickAt: MonotonicInstant) async {
    let lead = min(Self.configLead, settings.tick / 4)
    await clock.wait(until: tickAt.advanced(by: .zero - lead), orUntil: stop)
    guard !stop.isRequested else { return }
    do {
      let deadline = max(tickAt, clock.now().advanced(by: lead))
      emit(book.take(try await store.activeConfigs(by: deadline), isFirst: false))
    } catch {
      emit(book.couldNotBeRead("\(error)"))
    }
    await clock.wait(until: tickAt, orUntil: stop)
    guard !stop.isRequested else { return }
    await updatePrices(by: clock.now().advanced(by: settings.tick / 2))
  }

  @discardableResult
  private func updatePrices(by deadline: MonotonicInstant) async -> [PriceFault] {
    let assets = book.assets
    let faults = await prices.update(assets: assets, by: deadline)
    emit(watch.update(assets: assets, faults: faults, prices: prices))
    emit(markets.update(assets: assets, faults: faults, prices: prices, at: clock.wallNow()))
    return faults
  }

  // MARK: Tick

  private func tick() async {
    guard !stop.isRequested else { return }
    let openedAt = clock.now()
    roster.update(running: await models.runningModels(), at: openedAt)
    let candidates = roster.tickCandidates
    var plan = TickPlan(candidates: [], snapshot: PriceSnapshot([]))
    if !candidates.isEmpty {
      plan = TickPlan(
        candidates: candidates,
        snapshot: PriceSnapshot(of: book.assets, from: prices, for: candidates))
    }
    var outcomes: [PredictionOutcome] = []
    if !plan.isEmpty {
      let groups = plan.groups.map {
        CallGroup(arguments: [CallArgument(.json($0.payload.json))], models: $0.models)
      }
      let call = ModelCall(
        method: "tick", groups: groups, deadline: openedAt.advanced(by: settings.timeout))
      outcomes = Self.firstOutcomes(await models.call(call).outcomes, of: plan)
      roster.ticked(plan, outcomes: outcomes)
    }
    tickCount += 1
    observe(
      .tickClosed(
        TickSummary(
          number: tickCount, runningCount: candidates.count, plan: plan, outcomes: outcomes,
          wallTime: clock.now().since(openedAt))))
  }

  /// The first outcome of each model that was called; those missing stay missing.
  private static func firstOutcomes(
    _ outcomes: [PredictionOutcome], of plan: TickPlan
  ) -> [PredictionOutcome] {
    var waiting = Set(plan.groups.flatMap(\.models))
    return outcomes.filter { waiting.remove($0.modelID) != nil }
  }

  // MARK: Rounds

  private func playDueRounds() async {
    let usable = book.configs.filter { watch.assetsWithPrices.contains($0.params.asset) }
    schedule.apply(usable, at: clock.now())
    for due in schedule.takeDue(at: clock.now()) {
      guard !stop.isRequested else { return }
      if settings.closedMarkets == .skip, markets.isClosed(due.params.asset) {
        observe(.roundSkipped(params: due.params))
      } else {
        await play(due)
      }
    }
  }

  private func play(_ due: DueRound) async {
    let openedAt = clock.now()
    let lateBy = openedAt.since(due.dueAt)
    if lateBy > settings.tick || due.missedTurnCount > 0 {
      observe(
        .roundLate(params: due.params, by: lateBy, missedTurnCount: due.missedTurnCount))
    }
    roster.update(running: await models.runningModels(), at: openedAt)
    let snapshot = roster.snapshot(at: openedAt)
    let opening = RoundOpening(
      params: due.params, performedAt: performedAtClock.next(at: clock.wallNow()),
      lateBy: lateBy, timeout: settings.timeout,
      isMarketClosed: markets.isClosed(due.params.asset), models: snapshot.changedRows,
      entries: snapshot.entries)
    let keeping = opening.entries.isEmpty ? nil : store.open(opening)
    guard keeping != nil || opening.entries.isEmpty else {
      observe(
        .roundRefused(
          params: opening.params, performedAt: opening.performedAt,
          modelCount: opening.entries.count))
      return
    }
    await play(opening, LiveRound(PredictRound(opening, at: openedAt), keeping: keeping), openedAt)
  }

  private func play(
    _ opening: RoundOpening, _ round: LiveRound, _ openedAt: MonotonicInstant
  ) async {
    let called = opening.calledModels
    observe(
      .roundOpened(
        params: opening.params, performedAt: opening.performedAt,
        rosterCount: opening.entries.count, calledCount: called.count))
    let sincePrice = prices.newestArrival(of: opening.params.asset).map { openedAt.since($0) }
    let deadline = openedAt.advanced(by: opening.timeout)
    if !called.isEmpty {
      let group = CallGroup(arguments: Self.arguments(opening.params), models: called)
      let call = ModelCall(method: "predict", groups: [group], deadline: deadline) {
        round.take($0)
      }
      round.take(await models.call(call))
    }
    let closedAt = clock.now()
    let isCut = stop.isRequested && closedAt < deadline
    let (record, isKept) = round.close(at: closedAt, isCut ? .stopped : .deadline)
    roundCount += 1
    if isKept { roster.stored(opening.models) }
    observe(.roundClosed(RoundSummary(record, sincePrice: sincePrice, isKept: isKept)))
  }

  private static func arguments(_ params: PredictionParams) -> [CallArgument] {
    [
      CallArgument(.string(params.asset)), CallArgument(.int(Int64(params.horizonSeconds))),
      CallArgument(.int(Int64(params.stepSeconds))),
    ]
  }

  private func emit(_ events: [GameEvent]) {
    for event in events { observe(event) }
  }
}
