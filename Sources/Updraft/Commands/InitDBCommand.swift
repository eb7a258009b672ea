public import ArgumentParser
import ServiceRuntime
public import Storage

/// `updraft init-db`: the tables that a game needs.
struct InitDBCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init-db",
    abstract: "Create the tables that are missing.",
    discussion: """
      Makes Condor's tables and Updraft's own, the default prediction configs when there are none, \
      and sets lz4 for the answers. Nothing that is there is changed or deleted, but for columns \
      that Updraft's own tables of an older version lack, so that it's safe to run it again at any \
      time.

      With --partitioned a new predictions table is made of partitions by time, one for each day \
      or week, so that old ones can be dropped whole (docs/retention.md). A table that is there is \
      not converted.
      """)

  @OptionGroup var database: DatabaseOptions
  @Flag(help: "Make predictions of partitions by time.") var partitioned = false
  @Option(help: "What a partition holds: day or week; implies --partitioned.")
  var partition: PartitionSpan?

  func run() async throws {
    try await runCommand("init-db") {
      try database.withConnection { connection in
        let span = partition ?? (partitioned ? .day : nil)
        let report = try SchemaInitializer(connection).initializeDatabase(partitions: span)
        let version = connection.serverVersionText
        Output.line("database  \(connection.configuration.summary) (PostgreSQL \(version))")
        Self.show("created", report.createdTables)
        Self.show("present", report.presentTables)
        if !report.upgradedTables.isEmpty { Self.show("upgraded", report.upgradedTables) }
        Output.line("configs   " + Self.describe(insertedConfigCount: report.insertedConfigCount))
        Output.line("lz4       " + Self.describe(report.compression))
        if let partitions = Self.describe(report.partitions) { Output.line(partitions) }
      }
    }
  }

  private static func show(_ title: String, _ tables: [String]) {
    let names = tables.isEmpty ? "nothing" : tables.joined(separator: ", ")
    Output.line(title + "   " + names)
  }

  private static func describe(insertedConfigCount: Int) -> String {
    insertedConfigCount == 0
      ? "left as they are (updraft configs ls)"
      : "\(insertedConfigCount) default rows inserted (updraft configs ls)"
  }

  private static func describe(_ compression: ColumnCompression) -> String {
    switch compression {
    case .set: "set on predictions.distributions"
    case .alreadySet: "is set on predictions.distributions"
    case .skipped(let error):
      "not set on predictions.distributions, storing is slower without it: \(error)"
    }
  }

  /// Nil for a table without partitions.
  private static func describe(_ partitions: PartitionsMade) -> String? {
    guard let until = partitions.coveredUntil else {
      return partitions.reason.map { "partitions not made: \($0)" }
    }
    let made = "\(partitions.names.count) made, reaching to \(until.iso8601.prefix(10))"
    return "partitions " + made + (partitions.reason.map { "; some are missing: \($0)" } ?? "")
  }
}

extension PartitionSpan: ExpressibleByArgument {}
