extension BenchReport {
  /// The whole report as a page; with an older one also what has changed since.
  public func page(comparedTo old: BenchReport? = nil) -> Page {
    var page = Page(title: plan.scenario.rawValue)
    page.lead = [
      plan.scenario.abstract,
      "\(startedAt), commit \(commit), seed \(plan.seed)", machine.text, planText, command,
    ]
    page.tables = [figureTable]
    if let old { page.tables.append(comparisonTable(old)) }
    page.charts = [percentileChart, timeChart]
    if runs.contains(where: { !$0.memoryLine.all.isEmpty }) { page.charts.append(memoryChart) }
    page.heatMap = heatMap
    return page
  }

  /// The parameters that matter, one line.
  public var planText: String {
    var parts = ["\(plan.models) models", "answers of \(plan.replyBytes) bytes"]
    if plan.argumentBytes > 0 { parts.append("argument of \(plan.argumentBytes) bytes") }
    if plan.delay != "fixed:0" { parts.append("delay \(plan.delay) ms") }
    let faults = [
      ("fail", plan.failFraction), ("hang", plan.hangFraction), ("reset", plan.resetFraction),
    ].filter { $0.1 > 0 }.map { "\($0.0) \(NumberText.describe($0.1 * 100)) %" }
    if !faults.isEmpty { parts.append(faults.joined(separator: ", ")) }
    if plan.faultRate > 0 {
      parts.append("\(NumberText.describe(plan.faultRate * 100)) % of calls go wrong")
    }
    if plan.loops > 1 { parts.append("\(plan.loops) loops") }
    if plan.isSecure { parts.append("mutual TLS") }
    switch plan.scenario {
    case .endToEnd, .soak:
      parts.append("\(plan.runs) runs of \(NumberText.describe(plan.seconds)) s, a round a second")
    case .report:
      let rate = NumberText.describe(plan.rate ?? 0)
      parts.append("\(plan.connections) connections, open loop, \(rate) requests a second")
      parts.append("\(plan.runs) runs of \(NumberText.describe(plan.seconds)) s")
    default:
      let rate = plan.rate.map { "open loop, \(NumberText.describe($0)) a second" }
      parts.append(rate ?? "closed loop")
      parts.append("\(plan.runs) runs of \(plan.rounds) rounds after \(plan.warmup)")
    }
    return parts.joined(separator: ", ")
  }

  private var figureTable: Page.Table {
    var table = Page.Table(
      "Figures", note: "Medians of the runs; beneath, the smallest and largest run.",
      columns: [("", true)] + candidates.map { ($0, false) })
    for figure in figures {
      let cells = candidates.map { cell(figure, of: $0) }
      table.rows.append(Page.Row([Page.Cell(figure.title)] + cells))
    }
    return table
  }

  private func cell(_ figure: Figure, of candidate: String) -> Page.Cell {
    guard let spread = spread(figure, of: candidate) else { return Page.Cell("–") }
    let median = NumberText.describe(spread.median)
    if candidate != CandidateRun.ours, let ratio = ratio(figure, of: candidate) {
      return Page.Cell(median, small: "\(NumberText.describe(ratio)) × ours")
    }
    guard spread.min < spread.max else { return Page.Cell(median) }
    let range = "\(NumberText.describe(spread.min))…\(NumberText.describe(spread.max))"
    return Page.Cell(median, small: range)
  }

  /// How many times ours a candidate's median is; nil when there is none or ours is 0.
  public func ratio(_ figure: Figure, of candidate: String) -> Double? {
    guard figure.better != .neither, let theirs = spread(figure, of: candidate),
      let ours = spread(figure, of: CandidateRun.ours), ours.median != 0
    else { return nil }
    return theirs.median / ours.median
  }

  private func comparisonTable(_ old: BenchReport) -> Page.Table {
    var table = Page.Table(
      "Compared with \(old.commit) of \(old.startedAt)",
      note:
        "A change counts when it is larger than three standard errors of the medians' difference.",
      columns: [
        ("", true), ("Figure", true), ("Old", false), ("New", false), ("Change", false),
        ("Noise", false),
      ])
    for one in Comparison.all(old: old, new: self) {
      table.rows.append(
        Page.Row([
          Page.Cell(one.candidate), Page.Cell(one.figure.title),
          Page.Cell(NumberText.describe(one.old)), Page.Cell(NumberText.describe(one.new)),
          Page.Cell(
            one.changeText, small: one.verdict.rawValue,
            tone: [.better: "better", .worse: "worse"][one.verdict] ?? ""),
          Page.Cell(one.noiseText),
        ]))
    }
    return table
  }

  /// The runs of each candidate, all but the one in the middle faint.
  private func series(_ points: (CandidateRun) -> [(x: Double, y: Double)]) -> [Page.Series] {
    candidates.enumerated().flatMap { index, candidate in
      let own = runs.filter { $0.candidate == candidate }
      let order = own.sorted { ($0.figures[.p50] ?? 0) < ($1.figures[.p50] ?? 0) }
      let middle = order.isEmpty ? 0 : order[order.count / 2].run
      return own.sorted { left, _ in left.run != middle }.map { run in
        Page.Series(
          candidate, key: index, isFaint: run.run != middle, points: points(run))
      }
    }
  }

  private var percentileChart: Page.Chart {
    Page.Chart(
      "Latency by percentile",
      note: "\(plan.scenario.latencyTitle); thin lines are other runs.",
      x: Page.Axis(.nines, "percentile", .share), y: Page.Axis(.log, "latency", .millis),
      series: series { run in
        // The largest has no place on an axis of nines; it is in the table.
        run.curve.filter { $0.share < 1 }.map { ($0.share, $0.millis) }
      })
  }

  /// Candidates take different times, so that several are drawn over their share of the run.
  private var timeChart: Page.Chart {
    let isAlone = candidates.count == 1
    return Page.Chart(
      "Latency over time",
      note: plan.scenario.latencyTitle + (plan.rate == nil ? "." : ", from its scheduled start."),
      x: isAlone
        ? Page.Axis(.linear, "seconds of the run", .seconds, from: 0)
        : Page.Axis(.linear, "part of the run", .share, from: 0),
      y: Page.Axis(isAlone ? .linear : .log, "latency", .millis, from: 0),
      series: series { run in
        let points = run.timeLine.all
        let length = isAlone ? 1 : max(1e-9, points.last?.seconds ?? 1)
        return points.map { ($0.seconds / length, $0.value) }
      })
  }

  private var memoryChart: Page.Chart {
    Page.Chart(
      "Resident memory", note: "MB, of the program that is measured.",
      x: Page.Axis(.linear, "seconds of the run", .seconds, from: 0),
      y: Page.Axis(.linear, "MB", .number, from: 0),
      series: series { $0.memoryLine.all.map { ($0.seconds, $0.value) } }, isArea: true)
  }
}

extension Comparison {
  /// `+3.2 %`.
  public var changeText: String {
    guard change.isFinite else { return change > 0 ? "from 0" : "below 0" }
    return (change > 0 ? "+" : "") + NumberText.describe(change * 100) + " %"
  }

  /// `± 2.1 %`, or `?`.
  public var noiseText: String { noise.map { "± \(NumberText.describe($0 * 100)) %" } ?? "?" }
}
