import Competition
import EventLoop
import Foundation
import GatewayTestSupport
import ServiceRuntime
import Storage

/// One demo: sets the stage, plays rounds, and tells what was seen.
final class DemoRun {
  /// How often the database is looked at.
  private static let lookEvery = Duration.milliseconds(500)
  /// The longest silence before something is taken to be stuck. Building environments is the
  /// longest work: the orchestrator gives it 15 min, and pip is silent while it installs.
  private static let silenceMax = Duration.seconds(960)
  /// How often a model may fail to start before the demo gives up.
  private static let startFailuresMax = 3
  /// The longest time without a round; they are 5 s apart.
  private static let roundlessMax = Duration.seconds(60)

  let plan: DemoPlan
  let stage: DemoStage
  let screen = Screen()
  private var iterator: AsyncStream<DemoEvent>.AsyncIterator
  private let start = MonotonicInstant.now()
  private(set) var table = LiveTable()
  /// How long rounds took from closing to their commit, milliseconds.
  private(set) var storeMillis: [Double] = []
  /// The models that run, as the orchestrator says.
  private(set) var runningModels: Set<String> = []
  /// The wall clock when the predict worker was started.
  private(set) var begun: UTCTime?
  /// Why the orchestrator was told that the impostor is none of its owner's; nil before that.
  private var refusal: String?
  /// What has been scored.
  private(set) var scores = DemoScores()
  private var newestRound: UTCTime?
  private var lastRoundAt = MonotonicInstant.now()
  private var lookedAt = MonotonicInstant.now()
  private var startFailures: [String: Int] = [:]
  private var obstacle: String?
  private var doing = ""
  private var detail = ""
  private var news = ""

  init(plan: DemoPlan, stage: DemoStage) {
    self.plan = plan
    self.stage = stage
    iterator = stage.programs.events.makeAsyncIterator()
  }

  /// Starts everything and plays until enough rounds are stored.
  ///
  /// - Throws: `DemoInterruption`, `DemoFailure`, and what the parts throw that can't start.
  func play() async throws {
    try await setTheStage()
    while plan.rounds.map({ table.storedCount < $0 || scores.scoredCount == 0 }) ?? true {
      try await takeEvent()
      try await look()
      showTable()
    }
  }

  /// What shows that the demo was secure; nil when it was not to be.
  var proof: DemoProof? {
    guard plan.isSecure else { return nil }
    let metrics = try? String(contentsOfFile: stage.game.metricsFile, encoding: .utf8)
    return DemoProof(metrics: metrics ?? "", refusal: refusal)
  }

  /// What the database has of rounds that were stored meanwhile.
  func takeStoredRounds() async throws {
    guard let database = stage.database, let after = newestRound ?? begun else { return }
    for (time, round) in try await database.rounds(after: after) {
      newestRound = time
      if let line = table.roundWasStored(round), !screen.isTerminal { screen.note(line) }
    }
    if let begun { scores = try await database.scores(after: begun) }
  }

  /// Draws the table and the lines around it.
  func showTable() {
    guard begun != nil else { return }
    let newest = max(1, min(20, screen.height - 9))
    var lines = table.lines(newest: newest)
    lines.append("")
    lines.append(
      "\(table.rowCount) rows stored, \(table.waitingCount) rounds in the spool; "
        + "\(runningModels.count) of \(stage.game.processCount) models run; Ctrl-C stops")
    lines.append(
      "\(scores.scoredCount) predictions scored, \(scores.leaderboardCount) leaderboards"
        + (scores.first.map { "; \($0) leads" } ?? ""))
    if !news.isEmpty { lines.append(news) }
    screen.show(lines)
  }

  private func setTheStage() async throws {
    step("starting PostgreSQL (data in \(stage.folder.data))")
    try await stage.startDatabase()
    guard let database = stage.database, let postgres = stage.postgres else { return }
    let report = try await database.prepare()
    done(
      "PostgreSQL runs; tables: \(report.createdTables.count) made, "
        + "\(report.presentTables.count) were there")
    if plan.isSecure {
      step("making keys: an authority, certificates, wallets, delegations")
      try await stage.makeKeys()
      done("keys for \(stage.game.processCount) models are in \(stage.folder.path)/keys")
    }
    try stage.game.write(logs: stage.folder.logs)

    step("starting the price server")
    try await stage.start(.priceServer, ["--port", "0"])
    let url = try await wait(for: "the price server") { program, text -> String? in
      program == .priceServer ? Self.url(in: text) : nil
    }
    done("prices at \(url)")

    step("starting the models")
    try await stage.start(
      .orchestrator,
      ["--config", "\(stage.game.folder)/orchestrator.yml", "--log-format", "json"])
    let address = try await wait(for: "the orchestrator") { program, text -> String? in
      guard program == .orchestrator, let line = ProgramLine(text) else { return nil }
      self.take(line)
      return line.message == "listening for coordinators" ? line["address"] : nil
    }
    done("orchestrator at ws://\(address)/\(DemoGame.crunchID)")
    try await waitForModels()
    done(
      "\(runningModels.count) models run: 3 in Python, \(stage.game.simulatedCount) simulated"
        + (plan.isSecure ? ", an impostor; each behind a tls-front" : ""))

    step("starting the predict worker")
    let configuration = try stage.game.writeConfiguration(
      orchestratorPort: String(address.split(separator: ":").last ?? "9091"), pricesURL: url,
      database: postgres.configuration, report: stage.report)
    begun = .now()
    try await stage.start(.worker, ["--config", configuration, "--log-format", "json"])
    try await stage.start(.scorer, ["--config", configuration, "--log-format", "json"])
    lastRoundAt = .now()
    try await startReport(configuration)
    screen.note("")
    screen.note("look at it:    \(stage.report.pagesAddress) (the API: \(stage.report.address))")
    screen.note("look into it:  \(stage.psqlLine)")
    screen.note("               updraft doctor --config \(configuration)")
    screen.note("logs:          \(stage.folder.logs)")
    screen.note("")
    if !screen.isTerminal { screen.note(LiveTable.titles) }
  }

  private func startReport(_ configuration: String) async throws {
    step("starting the report")
    try await stage.start(.report, ["--config", configuration, "--log-format", "json"])
    // Once for the API, once for the pages.
    for _ in 0..<2 {
      _ = try await wait(for: "the report") { program, text in
        program == .report && ProgramLine(text)?.message == "listening" ? true : nil
      }
    }
    done("the game's pages are at \(stage.report.pagesAddress)")
  }

  private func waitForModels() async throws {
    var count = runningModels.count
    while count < stage.game.processCount {
      _ = try await wait(for: "the models") { program, text -> Bool? in
        guard program == .orchestrator, let line = ProgramLine(text) else { return nil }
        self.take(line)
        return self.runningModels.count != count ? true : nil
      }
      count = runningModels.count
    }
  }

  /// Takes one event and what follows from it.
  private func takeEvent() async throws {
    guard case .line(let program, let text) = try await next(), let line = ProgramLine(text) else {
      return
    }
    if program == .orchestrator { return take(line) }
    if program == .scorer, line.isNotable { news = "score-worker: \(describe(line))" }
    guard program == .worker else { return }
    if line.isNotable { news = "predict-worker: \(describe(line))" }
    if line.message == "round stored", let millis = line.number("latency_ms") {
      if storeMillis.count < 10_000 { storeMillis.append(millis) }
    }
    guard let round = DemoRound(closed: line) else { return }
    table.roundDidClose(round)
    lastRoundAt = .now()
    if table.closedCount == 1 { try await changeTheGame() }
  }

  /// After the first round one model leaves, and more is asked.
  private func changeTheGame() async throws {
    try stage.game.writeModels(leaving: true)
    try await stage.database?.askForMore()
    screen.note(
      "round 1 is over: \(stage.game.leavingID) leaves (models.yml), and SOL is asked for, too "
        + "(prediction_configs)")
  }

  /// Follows the orchestrator's models.
  private func take(_ line: ProgramLine) {
    if let model = line["model"], let state = line["new_state"] {
      if model == DemoGame.impostorID, state == "failed" { refusal = line["reason"] }
      if state == "running" { runningModels.insert(model) } else { runningModels.remove(model) }
      if begun == nil, ["waiting", "failed"].contains(state) {
        startFailures[model, default: 0] += 1
        if startFailures[model] == Self.startFailuresMax { obstacle = describe(line) }
      }
    }
    if line.level == "warning" || line.level == "error" {
      news = "model-orchestrator: \(describe(line))"
      if begun == nil { screen.note("  \(describe(line))") }
    }
    guard begun == nil else { return }
    if line.message.contains("Python environment") {
      screen.note("  \(line.message): \(line["path"] ?? "")")
    }
    // What has no model is about the environment, which takes longest.
    if line["model"] == nil || detail.isEmpty { detail = describe(line) }
    showProgress()
  }

  /// Shows what is being done, and that it goes on.
  private func showProgress() {
    guard begun == nil else { return }
    var text = "… \(doing) (\(Int(MonotonicInstant.now().since(start).inSeconds)) s)"
    if !runningModels.isEmpty {
      text += ": \(runningModels.count) of \(stage.game.processCount) run"
    }
    screen.show(detail.isEmpty ? [text] : [text, "  \(detail)"])
  }

  /// Looks at the database now and then.
  private func look() async throws {
    let now = MonotonicInstant.now()
    guard now.since(lookedAt) >= Self.lookEvery else { return }
    lookedAt = now
    try await takeStoredRounds()
    guard now.since(lastRoundAt) < Self.roundlessMax else {
      throw DemoFailure(
        reason:
          "no round for \(Self.roundlessMax.text); see \(stage.folder.logs)/predict-worker.log")
    }
  }

  /// Waits until a line of a program gives a value.
  private func wait<Value>(
    for what: String, _ match: (DemoProgram, String) -> Value?
  ) async throws -> Value {
    var deadline = MonotonicInstant.now().advanced(by: Self.silenceMax)
    while true {
      if case .line(let program, let text) = try await next() {
        if let value = match(program, text) { return value }
        deadline = MonotonicInstant.now().advanced(by: Self.silenceMax)
      }
      guard MonotonicInstant.now() < deadline else {
        throw DemoFailure(
          reason: "\(what) said nothing for \(Self.silenceMax.text); see \(stage.folder.logs)")
      }
    }
  }

  /// The next event; the ones that end the demo are thrown.
  private func next() async throws -> DemoEvent {
    guard let event = await iterator.next() else { throw DemoInterruption() }
    switch event {
    case .interrupted: throw DemoInterruption()
    case .ended(let program, let exit, let lastLines):
      throw DemoFailure(reason: "\(program.rawValue) \(exit)", lastLines: lastLines)
    case .beat where stage.postgres?.processID == nil:
      throw DemoFailure(reason: "PostgreSQL ended; see \(stage.postgres?.logPath ?? "its log")")
    case .beat:
      if let obstacle { throw DemoFailure(reason: "a model can't start: \(obstacle)") }
      showProgress()
    case .line: break
    }
    return event
  }

  private func describe(_ line: ProgramLine) -> String {
    line.summary(nameOf: stage.game.name)
  }

  private static func url(in text: String) -> String? {
    text.split { $0 == " " || $0 == "," }.first { $0.hasPrefix("http://") }.map(String.init)
  }

  private func step(_ text: String) {
    (doing, detail) = (text, "")
    if !screen.isTerminal { screen.note("… \(text)") }
    showProgress()
  }

  private func done(_ text: String) {
    screen.erase()
    let seconds = (MonotonicInstant.now().since(start).inSeconds * 10).rounded() / 10
    screen.note("✓ \(text) (\(seconds) s)")
  }
}
