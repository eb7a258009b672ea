extension TuneAdvice {
  /// The advice with its picture; `source` says where the times come from, one line.
  public func page(times: ModelTimes, source: String) -> Page {
    var page = Page(title: "tune: what to set, and what it costs")
    page.lead = [source, "\(times.callCount) calls of \(times.models.count) models"]
    var advice = Page.Table(
      "Advice",
      columns: [("Setting", true), ("Value", false), ("Because", true), ("Cost", true)])
    advice.rows = settings.map { one in
      Page.Row([
        Page.Cell(one.name), Page.Cell(one.value), Page.Cell(one.reason), Page.Cell(one.cost),
      ])
    }
    var deadlines = Page.Table(
      "Deadlines",
      note: "A model counts as lost when at least half of its calls would have been cut off.",
      columns: [("Deadline", true), ("Calls cut off", false), ("Models lost", false)])
    deadlines.rows = timeouts.map { one in
      Page.Row(
        isChosen: one == timeout,
        [
          Page.Cell("\(Int(one.millis)) ms"),
          Page.Cell("\(NumberText.describe(one.cutShare * 100)) %"),
          Page.Cell("\(NumberText.describe(one.lostModelShare * 100)) %"),
        ])
    }
    page.tables = [advice, deadlines]
    page.charts = [Self.cutChart(times), Self.modelChart(times)]
    page.footer = "Made by updraft bench tune; the formulas are in docs/benchmarks.md."
    return page
  }

  /// The share of calls that a deadline cuts off, at each time that a call took.
  private static func cutChart(_ times: ModelTimes) -> Page.Chart {
    let sorted = times.sorted
    let calls = Double(max(1, times.callCount))
    let step = max(1, sorted.count / 400)
    let points = stride(from: 0, to: sorted.count, by: step).map { index in
      (max(0.01, sorted[index]), 1 - Double(index + 1) / calls)
    }
    return Page.Chart(
      "Calls that a deadline cuts off", note: "By how long all calls took.",
      x: Page.Axis(.log, "deadline", .millis), y: Page.Axis(.linear, "cut off", .share, from: 0),
      series: [Page.Series("cut off", key: 0, points: points)], isArea: true)
  }

  /// Median and largest time of each model, in the order of the medians.
  private static func modelChart(_ times: ModelTimes) -> Page.Chart {
    let spreads = times.models.values.filter { !$0.answered.isEmpty }
      .map { RunSpread($0.answered) }.sorted { $0.median < $1.median }
    let step = max(1, spreads.count / 400)
    let shown = stride(from: 0, to: spreads.count, by: step).map { (Double($0 + 1), spreads[$0]) }
    return Page.Chart(
      "Models, the fastest first", x: Page.Axis(.linear, "model", .number, from: 0),
      y: Page.Axis(.log, "time of a call", .millis),
      series: [
        Page.Series("slowest call", key: 1, points: shown.map { ($0.0, max(0.01, $0.1.max)) }),
        Page.Series("median", key: 0, points: shown.map { ($0.0, max(0.01, $0.1.median)) }),
      ])
  }
}
