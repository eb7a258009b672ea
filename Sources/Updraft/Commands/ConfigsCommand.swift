import ArgumentParser
import Competition
import JSON
import ServiceRuntime
import Storage

/// `updraft configs`: what the predict worker asks, and how often.
struct ConfigsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "configs",
    abstract: "Show and change what is asked and how often.",
    discussion: """
      The rows of prediction_configs. A running predict-worker follows changes at its next tick. \
      Rows of one horizon, step and interval form a group, whose assets take turns: one every \
      interval / number of assets.
      """,
    subcommands: [List.self, Add.self, Pause.self, Resume.self, Remove.self])

  /// `updraft configs ls`.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the rows in their order.")
    @OptionGroup var database: DatabaseOptions
    @Flag(help: "One JSON array instead of a table.") var json = false

    func run() async throws {
      try await runCommand("configs ls") {
        ConfigText.show(
          try database.withConnection { try PredictionConfigTable($0).list() }, asJSON: json)
      }
    }
  }

  /// `updraft configs add`.
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Add an active row at the end of the order.",
      discussion: "Times are seconds, or have a unit: 300, 300s, 5m, 1h, 1d.")
    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The asset, such as BTC.") var asset: String
    @Option(help: "How far ahead the models look.") var horizon: WholeSeconds
    @Option(help: "The distance of two forecast points.") var step: WholeSeconds
    @Option(help: "How often the asset is asked for.") var interval: WholeSeconds
    @Flag(help: "Print the new row as a JSON array.") var json = false

    func run() async throws {
      try await runCommand("configs add") {
        let params = PredictionParams(
          asset: asset, horizonSeconds: horizon.seconds, stepSeconds: step.seconds)
        ConfigText.show(
          try database.withConnection {
            [try PredictionConfigTable($0).add(params, intervalSeconds: interval.seconds)]
          }, asJSON: json)
      }
    }
  }

  /// `updraft configs pause`.
  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pause", abstract: "Take rows out of use; they stay in the table.")
    @OptionGroup var change: ConfigChange

    func run() async throws {
      try await change.apply("pause", done: "paused") { table, id throws(StorageError) in
        try table.pause(id: id)
      }
    }
  }

  /// `updraft configs resume`.
  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Put paused rows in use again.")
    @OptionGroup var change: ConfigChange

    func run() async throws {
      try await change.apply("resume", done: "resumed") { table, id throws(StorageError) in
        try table.resume(id: id)
      }
    }
  }

  /// `updraft configs rm`.
  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm", abstract: "Delete rows; predictions made for them stay.")
    @OptionGroup var change: ConfigChange

    func run() async throws {
      try await change.apply("rm", done: "removed") { table, id throws(StorageError) in
        try table.remove(id: id)
      }
    }
  }
}

/// A change of rows by their ids: all of them, or none when one of them isn't there.
struct ConfigChange: ParsableArguments {
  @OptionGroup var database: DatabaseOptions
  @Argument(help: ArgumentHelp("The rows, as `updraft configs ls` shows them.", valueName: "id"))
  var ids: [String]
  @Flag(help: "Print all rows as a JSON array afterwards.") var json = false

  /// Makes the change and says what was done.
  func apply(
    _ name: String, done: String,
    _ change: (PredictionConfigTable, String) throws(StorageError) -> Void
  ) async throws {
    try await runCommand("configs \(name)") {
      let rows = try database.withConnection { connection in
        let table = PredictionConfigTable(connection)
        try connection.transaction(doing: "change the prediction configs") {
          () throws(StorageError) in
          for id in ids { try change(table, id) }
        }
        return json ? try table.list() : []
      }
      guard !json else { return ConfigText.show(rows, asJSON: true) }
      for id in ids { Output.line("\(done) \(id)") }
    }
  }
}

/// A whole number of seconds, at least 1, as operators write it: `300`, `5m`.
struct WholeSeconds: ExpressibleByArgument {
  let seconds: Int

  init?(argument: String) {
    guard let duration = Duration(text: argument), duration >= .seconds(1),
      duration.nanoseconds % 1_000_000_000 == 0
    else { return nil }
    seconds = Int(duration.nanoseconds / 1_000_000_000)
  }
}

/// Rows of `prediction_configs` as text.
enum ConfigText {
  static func show(_ rows: [PredictionConfig], asJSON: Bool) {
    if asJSON { return Output.line(JSONValue.array(rows.map(json)).text()) }
    guard !rows.isEmpty else {
      return Output.line("no prediction configs; add one with `updraft configs add`")
    }
    var table = TextTable([
      ("id", .left), ("asset", .left), ("horizon", .right), ("step", .right),
      ("every", .right), ("active", .left), ("order", .right),
    ])
    for row in rows {
      table.add([
        row.id, row.params.asset, Duration.seconds(row.params.horizonSeconds).text,
        Duration.seconds(row.params.stepSeconds).text, Duration.seconds(row.intervalSeconds).text,
        row.active ? "yes" : "paused", "\(row.order)",
      ])
    }
    for line in table.lines { Output.line(line) }
  }

  /// The row under its columns' names.
  private static func json(_ row: PredictionConfig) -> JSONValue {
    [
      "id": .string(row.id), "asset": .string(row.params.asset),
      "horizon": .int(Int64(row.params.horizonSeconds)),
      "step": .int(Int64(row.params.stepSeconds)),
      "prediction_interval": .int(Int64(row.intervalSeconds)), "active": .bool(row.active),
      "order": .int(Int64(row.order)),
    ]
  }
}
