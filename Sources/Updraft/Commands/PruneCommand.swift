import ArgumentParser
import Competition
import Settings
import Glibc
import JSON
import ServiceRuntime
import Storage

/// `updraft prune`: delete what is older than the game keeps it.
struct PruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Delete what is older than `retention` says.",
    discussion: """
      Predictions go retention.predictions (30d) after their scoring, with the reasons of their \
      failures; unscored ones stay for ever. Score snapshots go after retention.snapshots (10d), \
      round statistics after retention.rounds (30d). A partition of predictions is dropped when \
      all of it is scored and old; the partitions of the coming week are made.

      Rows go in small batches with pauses, so that nobody waits for it: it may run beside a game. \
      Ctrl-C ends it after a batch; what is left goes the next time. Exits 1 when something could \
      not be done.
      """)

  @OptionGroup var database: DatabaseOptions
  @Flag(help: "Only say what would go.") var dryRun = false
  @Flag(help: "One JSON object instead of text.") var json = false

  func run() async throws {
    try await runCommand("prune") {
      let limits = RetentionLimits(try database.game().retention)
      if dryRun {
        let forecasts = try database.withConnection {
          try Retention($0, limits: limits).forecast(at: .now())
        }
        return json ? PruneText.showJSON(forecasts) : PruneText.show(forecasts)
      }
      let signals = StopSignals()
      var progress = ProgressLine()
      let report = try database.withConnection {
        try Retention($0, limits: limits).prune(
          at: .now(), isStopped: { signals.haveArrived },
          onProgress: { report in progress.show("\(report.rowCount) rows deleted") })
      }
      progress.clear()
      if json { PruneText.showJSON(report) } else { PruneText.show(report) }
      if report.wasStopped { throw ExitCode(128 + SIGINT) }
      guard let first = report.problems.first else { return }
      throw StartFailure(
        "\(first)", furtherProblems: report.problems.dropFirst().map(\.description),
        exitCode: .incomplete)
    }
  }
}

extension RetentionLimits {
  /// The limits that the game's settings give.
  init(_ settings: RetentionSettings) {
    self.init(
      predictions: settings.predictions, snapshots: settings.snapshots, rounds: settings.rounds)
  }
}

/// What was pruned, or would be, as text.
enum PruneText {
  static func show(_ forecasts: [RetentionForecast]) {
    var table = TextTable([
      ("what", .left), ("rows", .right), ("about", .right), ("oldest", .left),
    ])
    for forecast in forecasts {
      table.add([
        forecast.subject + (forecast.isPartition ? " (whole)" : ""), "\(forecast.rows)",
        ByteCountText.describe(forecast.bytes), forecast.oldest?.iso8601 ?? "-",
      ])
    }
    for line in table.lines { Output.line(line) }
    let bytes = forecasts.reduce(0) { $0 + $1.bytes }
    Output.line("would delete about \(ByteCountText.describe(bytes)); nothing was changed")
  }

  static func showJSON(_ forecasts: [RetentionForecast]) {
    let rows: [JSONValue] = forecasts.map { forecast in
      [
        "subject": .string(forecast.subject), "partition": .bool(forecast.isPartition),
        "rows": .int(Int64(forecast.rows)), "bytes": .int(Int64(forecast.bytes)),
        "oldest": forecast.oldest.map { .string($0.iso8601) } ?? .null,
      ]
    }
    Output.line((["dry_run": true, "would_delete": .array(rows)] as JSONValue).text())
  }

  static func show(_ report: RetentionReport) {
    for name in report.madePartitions { Output.line("made the partition \(name)") }
    for partition in report.droppedPartitions {
      let size = ByteCountText.describe(partition.bytes)
      Output.line("dropped the partition \(partition.name), \(size)")
    }
    for table in PrunedTable.allCases {
      if let count = report.deletedRows[table] {
        Output.line("deleted \(count) rows of \(table.rawValue)")
      }
    }
    if report.wasStopped {
      Output.line("stopped; what is left goes the next time")
    } else if report.rowCount == 0, report.droppedPartitions.isEmpty, report.problems.isEmpty {
      Output.line("nothing was old enough")
    }
  }

  static func showJSON(_ report: RetentionReport) {
    let counts = PrunedTable.allCases.map { table in
      JSONMember(key: table.rawValue, value: .int(Int64(report.deletedRows[table] ?? 0)))
    }
    let dropped: [JSONValue] = report.droppedPartitions.map {
      ["name": .string($0.name), "bytes": .int(Int64($0.bytes))]
    }
    let object: JSONValue = [
      "dry_run": false, "deleted": .object(counts),
      "dropped_partitions": .array(dropped),
      "made_partitions": .array(report.madePartitions.map { .string($0) }),
      "stopped": .bool(report.wasStopped),
      "problems": .array(report.problems.map { .string($0.description) }),
    ]
    Output.line(object.text())
  }
}
