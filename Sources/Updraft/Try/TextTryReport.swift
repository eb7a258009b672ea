import Competition
import Orchestration
import Settings
import Telemetry

/// Tells a try for people: what happens on standard error, the table on standard output.
struct TextTryReport: TryReport {
  /// The different problems that are told; the table has them all.
  private static let problemsMax = 10

  /// The ticks that are told one by one.
  private static let ticksMax = 3

  func begin(_ plan: TryPlan) {
    let file = plan.gameFile.map { " (\($0))" } ?? ""
    note("model   \(plan.name)")
    note("game    \(plan.game.crunchID)\(file), base class \(plan.game.baseClass)")
    note(
      "prices  seed \(plan.market.seed), every \(plan.game.prices.resolution.text), "
        + "\(plan.game.prices.history.text) before \(plan.firstRoundAt.iso8601)Z")
  }

  func warning(_ text: String) { note("warning: \(text)") }

  func phase(_ phase: ModelPhase) {
    switch phase {
    case .preparing:
      note("looking for its Python environment (new requirements take pip some minutes)")
    case .starting: note("starting it")
    case .running: note("setting it up")
    case .checking, .stopping, .waiting, .stopped, .failed, .refused: break
    }
  }

  func ready(after time: Duration) { note("ready after \(time.millisText)") }

  func tick(_ tick: TryTick) {
    if tick.round == Self.ticksMax + 1 { note("… and so on") }
    guard tick.round <= Self.ticksMax else { return }
    var text = "round \(tick.round): tick of \(tick.priceCount) prices, \(tick.time.millisText)"
    if tick.omittedPriceCount > 0 { text += " (\(tick.omittedPriceCount) old ones left out)" }
    note(text)
  }

  func answer(_ answer: TryAnswer) {}

  func end(_ result: TryResult, _ plan: TryPlan) {
    if !result.answers.isEmpty {
      Output.line("")
      for line in Self.table(result.answers, plan).lines { Output.line(line) }
    }
    for line in problems(result) { Output.line(OneLine.escaped(line)) }
    for error in result.explanation {
      Output.line("\nthe model wrote:")
      for line in error { Output.line("  | \(OneLine.escaped(line))") }
    }
    Output.line("")
    Output.line(Self.verdict(result, plan))
  }

  /// One line for each question, over all rounds.
  static func table(_ answers: [TryAnswer], _ plan: TryPlan) -> TextTable {
    var table = TextTable([
      ("asset", .left), ("horizon", .right), ("step", .right), ("outcome", .left),
      ("slowest", .right), ("score", .right), ("baseline", .right), ("", .left),
    ])
    for params in plan.params {
      let own = answers.filter { $0.params == params }
      guard let slowest = own.map(\.time).max() else { continue }
      let row = TryMeans(own, lowerIsBetter: plan.game.score.order == .ascending)
      let (score, baseline) = (row.score.map(number) ?? "–", row.baseline.map(number) ?? "–")
      table.add([
        OneLine.escaped(params.asset), Duration.seconds(params.horizonSeconds).text,
        Duration.seconds(params.stepSeconds).text, outcome(own), slowest.millisText, score,
        baseline, score == baseline ? "" : row.comparison,
      ])
    }
    return table
  }

  /// `SUCCESS 3/3`, or how often what.
  private static func outcome(_ answers: [TryAnswer]) -> String {
    let unscored = answers.count { $0.status == .success && $0.problem != nil }
    let counts = [
      ("SUCCESS", answers.count { $0.status == .success } - unscored), ("UNSCORED", unscored),
      ("FAILED", answers.count { $0.status == .failed }),
      ("TIMEOUT", answers.count { $0.status == .timeout }),
    ].filter { $0.1 > 0 }
    return counts.map { "\($0.0) \($0.1)/\(answers.count)" }.joined(separator: ", ")
  }

  /// What went wrong, each different text once.
  private func problems(_ result: TryResult) -> [String] {
    var texts: [String] = []
    for tick in result.ticks {
      if let problem = tick.problem { texts.append("tick: \(problem)") }
    }
    for answer in result.answers {
      guard let problem = answer.problem else { continue }
      let params = answer.params
      texts.append("\(params.asset) \(params.horizonSeconds)/\(params.stepSeconds): \(problem)")
    }
    var different: [String] = []
    for text in texts where !different.contains(text) { different.append(text) }
    let shown = different.prefix(Self.problemsMax)
    let rest = different.count - shown.count
    return shown.isEmpty ? [] : [""] + shown + (rest > 0 ? ["and \(rest) more"] : [])
  }

  static func verdict(_ result: TryResult, _ plan: TryPlan) -> String {
    if let failure = result.failure {
      return OneLine.escaped("FAILED at \(failure.during): \(failure.reason)")
    }
    guard result.isGood else {
      let bad = result.answers.count { $0.problem != nil }
      return "NOT OK: \(bad) of \(result.answers.count) answers would score lowest"
    }
    let note = plan.game.score.command.isEmpty ? "" : " (score.command is not run here)"
    return "ok: every answer came in time and could be stored and scored\(note)"
  }

  /// Four digits that count.
  static func number(_ value: Double) -> String {
    let size = abs(value)
    if size >= 1_000 || size == 0 { return String(Int(value.rounded())) }
    let factor: Double = size >= 100 ? 10 : size >= 10 ? 100 : size >= 1 ? 1_000 : 10_000
    return String((value * factor).rounded() / factor)
  }

  private func note(_ text: String) {
    LogSink.standardError.write(OneLine.escaped(text) + "\n")
  }
}

/// What the answers to one question give on average.
struct TryMeans: Hashable, Sendable {
  /// Of those that were scored; nil when none was.
  let score: Double?
  /// Of the same rounds; nil when there is none.
  let baseline: Double?
  /// `better`, `worse` or nothing.
  let comparison: String

  /// Averages the answers that were scored.
  init(_ answers: [TryAnswer], lowerIsBetter: Bool) {
    let scored = answers.filter { $0.score != nil }
    score = Self.mean(scored.compactMap(\.score))
    baseline = Self.mean((scored.isEmpty ? answers : scored).compactMap(\.baseline))
    guard let score, let baseline, score != baseline else {
      comparison = ""
      return
    }
    comparison = (score < baseline) == lowerIsBetter ? "better" : "worse"
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
