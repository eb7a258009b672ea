public import JSON

/// What a round costs with so many models and answers of such a size.
public struct CapacityCell: Hashable, Sendable {
  /// How many models were called.
  public let models: Int
  /// The size of an answer, bytes.
  public let replyBytes: Int
  /// The median round, milliseconds.
  public let roundMillis: Double
  /// CPU time of the client for a round, milliseconds.
  public let cpuMillis: Double
  /// CPU time of the simulated models for a round, milliseconds.
  public let fleetCPUMillis: Double
  /// The client's peak memory, MB.
  public let peakMegabytes: Double

  /// The cell of a fan-out report; nil when it lacks a figure.
  public init?(_ report: BenchReport) {
    func median(_ figure: Figure) -> Double? {
      report.spread(figure, of: CandidateRun.ours)?.median
    }
    guard let round = median(.p50), let cpu = median(.cpu), let peak = median(.peakMemory)
    else { return nil }
    models = report.plan.models
    replyBytes = report.plan.replyBytes
    roundMillis = round
    cpuMillis = cpu
    fleetCPUMillis = median(.fleetCPU) ?? 0
    peakMegabytes = peak
  }

  /// The client's CPU time for one model's call, microseconds.
  public var cpuMicrosPerCall: Double { cpuMillis * 1_000 / Double(models) }
  /// Rounds a minute that one core of the client has time for: 60,000 / CPU ms.
  public var roundsPerMinuteMax: Double { 60_000 / max(1e-3, cpuMillis) }

  /// Titles of `texts`.
  public static let columns = [
    "models", "answer bytes", "round ms", "CPU ms", "CPU µs/call", "fleet CPU ms", "peak MB",
    "rounds/min of one core",
  ]

  /// The cell for people. Shape: [columns.count].
  public var texts: [String] {
    ["\(models)", "\(replyBytes)"]
      + [
        roundMillis, cpuMillis, cpuMicrosPerCall, fleetCPUMillis, peakMegabytes, roundsPerMinuteMax,
      ].map(NumberText.describe)
  }

  /// One line of the JSON file.
  public var json: JSONValue {
    [
      "models": .int(Int64(models)), "reply_bytes": .int(Int64(replyBytes)),
      "round_ms": .double(roundMillis), "cpu_ms": .double(cpuMillis),
      "fleet_cpu_ms": .double(fleetCPUMillis), "rss_peak_mb": .double(peakMegabytes),
    ]
  }

  /// The cells as a page.
  public static func page(_ cells: [CapacityCell], machine: Machine) -> Page {
    var page = Page(title: "capacity: what a predict round costs")
    page.lead = [machine.text]
    var table = Page.Table(
      "Cells", note: "Client and simulated models share the machine's cores.",
      columns: columns.map { ($0, false) })
    table.rows = cells.map { cell in Page.Row(cell.texts.map { Page.Cell($0) }) }
    page.tables = [table]
    func chart(_ title: String, _ label: String, _ value: (CapacityCell) -> Double) -> Page.Chart {
      var sizes: [Int] = []
      for cell in cells where !sizes.contains(cell.replyBytes) { sizes.append(cell.replyBytes) }
      return Page.Chart(
        title, x: Page.Axis(.log, "models", .number), y: Page.Axis(.log, label, .number),
        series: sizes.enumerated().map { index, size in
          Page.Series(
            "\(size) bytes", key: index,
            points: cells.filter { $0.replyBytes == size }.map { (Double($0.models), value($0)) })
        })
    }
    page.charts = [
      chart("Round", "ms", \.roundMillis), chart("CPU time of a call", "µs", \.cpuMicrosPerCall),
      chart("Peak memory of the client", "MB", \.peakMegabytes),
    ]
    return page
  }
}
