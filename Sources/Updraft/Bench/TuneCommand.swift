import ArgumentParser
import Benchmarking
import Competition
import Foundation
import ServiceRuntime
import Storage

/// `updraft bench tune`: what to set, from how long the models of a real game take.
struct TuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Advise deadline, loops, connection and spool settings from measured models.",
    discussion: """
      Reads how long each model took: from the database of a game that was played (updraft_rounds, \
      its last --rounds rounds), or from a file of `updraft call METHOD … --json --results`. \
      Prints what to set, why, and what it costs. The formulas are in docs/benchmarks.md.

      EXAMPLE: updraft bench tune --config game.yml --html tune.html
      EXAMPLE: updraft bench tune --calls calls.json --rounds-per-minute 5 --reply-bytes 55000
      """)

  @OptionGroup var database: DatabaseOptions
  @Option(
    help: ArgumentHelp(
      "A file of `updraft call … --json --results` instead of the database.", valueName: "file"),
    completion: .file())
  var calls: String?
  @Option(help: ArgumentHelp("How many of the newest rounds to read.", valueName: "n"))
  var rounds = 500
  @Option(
    help: ArgumentHelp("The share of calls that a deadline may cut off.", valueName: "share"))
  var cutOff = 0.001
  @Option(help: ArgumentHelp("How long the database may be away.", valueName: "time"))
  var outage = TimeArgument(.seconds(21_600))
  @Option(
    help: ArgumentHelp(
      "Predict rounds a minute, of all schedules; else as the database has them, or 1.",
      valueName: "n"))
  var roundsPerMinute: Double?
  @Option(
    help: ArgumentHelp(
      "The size of an answer, bytes; else as the database has them.",
      valueName: "n"))
  var replyBytes: Int?
  @Option(
    help: ArgumentHelp("An HTML page with the picture.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var html: String?

  func validate() throws {
    guard (1...100_000).contains(rounds) else {
      throw ValidationError("--rounds: must be from 1 to 100000, got \(rounds)")
    }
    guard (0...1).contains(cutOff) else {
      throw ValidationError("--cut-off: must be from 0 to 1, got \(cutOff)")
    }
    if let roundsPerMinute, !(roundsPerMinute > 0 && roundsPerMinute <= 60_000) {
      throw ValidationError(
        "--rounds-per-minute: must be more than 0 and at most 60000, got \(roundsPerMinute)")
    }
    if let replyBytes, !(1...Limits.replyBytesCeiling).contains(replyBytes) {
      throw ValidationError(
        "--reply-bytes: must be from 1 to \(Limits.replyBytesCeiling), got \(replyBytes)")
    }
  }

  func run() async throws {
    try await runCommand("bench tune") {
      let (times, load, source) = try calls.map(read) ?? readDatabase()
      var goal = TuneAdvice.Goal()
      goal.cutShareMax = cutOff
      goal.outageSeconds = outage.duration.inSeconds
      let advice = TuneAdvice(times: times, load: load, goal: goal)
      show(advice, source)
      guard let html else { return }
      try BenchOutput.write(advice.page(times: times, source: source).html, to: html)
      Output.line("\npage: \(html)")
    }
  }

  private func show(_ advice: TuneAdvice, _ source: String) {
    Output.line(source)
    Output.line("")
    var deadlines = TextTable([
      ("deadline ms", .right), ("calls cut off", .right), ("models lost", .right), ("", .left),
    ])
    for cost in advice.timeouts {
      deadlines.add([
        "\(Int(cost.millis))", "\(NumberText.describe(cost.cutShare * 100)) %",
        "\(NumberText.describe(cost.lostModelShare * 100)) %",
        cost == advice.timeout ? "← advised" : "",
      ])
    }
    for line in deadlines.lines { Output.line(line) }
    for setting in advice.settings {
      Output.line("")
      Output.line("\(setting.name): \(setting.value)")
      Output.line("  because  \(setting.reason)")
      Output.line("  costs    \(setting.cost)")
    }
  }

  // MARK: Sources

  private typealias Input = (ModelTimes, TuneAdvice.Load, String)

  private func read(_ path: String) throws -> Input {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw StartFailure(
        "--calls \(path): \(error.localizedDescription)", exitCode: .validationFailure)
    }
    do throws(BenchError) {
      let (times, lines) = (try ModelTimes(callLines: text), try CallLines(text))
      let load = TuneAdvice.Load(
        models: lines.connectedCount,
        roundBytes: replyBytes.map { Double($0 * lines.connectedCount) },
        roundsPerMinute: roundsPerMinute ?? 1, cpuMillisPerRound: lines.cpuMillisPerRound,
        connectCPUMillis: lines.connectCPUMillis, cores: Machine.current.cores)
      return (times, load, "\(lines.rounds.count) rounds of \(path)")
    } catch {
      throw StartFailure("--calls \(path): \(error)", exitCode: .validationFailure)
    }
  }

  private func readDatabase() throws -> Input {
    let limit = PostgresParameter.int(rounds)
    return try database.withConnection { connection in
      var times = ModelTimes()
      let calls = try connection.query(
        """
        SELECT model.key, model.value ->> 0, coalesce((model.value ->> 1)::float8, 0) / 1000
        FROM (SELECT models FROM updraft_rounds WHERE models IS NOT NULL
          ORDER BY performed_at DESC LIMIT $1::int4) AS newest, json_each(models) AS model
        """, [limit], doing: "read how long the models took")
      for row in calls {
        let status = try row.text(1)
        times.add(
          status == "SUCCESS"
            ? .answered(try row.double(2)) : status == "TIMEOUT" ? .timeout : .none,
          of: try row.text(0))
      }
      guard times.callCount > 0 else {
        throw StartFailure(
          "no round in updraft_rounds tells how long its models took",
          remedy: "let predict-worker play some rounds, or give --calls", exitCode: .incomplete)
      }
      return (times, try load(connection, limit), "the newest rounds of the database")
    }
  }

  /// The rounds' sizes and how often they come; over the shards of a round together.
  private func load(
    _ connection: PostgresConnection, _ limit: PostgresParameter
  ) throws -> TuneAdvice.Load {
    let row = try connection.query(
      """
      SELECT max(success + failed + timeout)::int8, avg(answer_bytes)::float8, count(*)::int8,
        (extract(epoch FROM max(performed_at) - min(performed_at)) / 60)::float8
      FROM (SELECT performed_at, success, failed, timeout, answer_bytes FROM updraft_rounds
        ORDER BY performed_at DESC LIMIT $1::int4) AS newest
      """, [limit], doing: "read how large the rounds are"
    ).first { _ in true }
    guard let row else {
      throw StartFailure("updraft_rounds is empty", exitCode: .incomplete)
    }
    let count = try row.int(2)
    let minutes = try row.optional(3, row.double) ?? 0
    let models = try row.optional(0, row.int) ?? 0
    let bytes = try row.optional(1, row.double)
    let seen = count > 1 && minutes > 0 ? Double(count - 1) / minutes : 1
    return TuneAdvice.Load(
      models: models, roundBytes: replyBytes.map { Double($0 * models) } ?? bytes,
      roundsPerMinute: roundsPerMinute ?? seen, cpuMillisPerRound: nil, connectCPUMillis: nil,
      cores: Machine.current.cores)
  }
}
