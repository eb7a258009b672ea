import Competition
import EventLoop
import ServiceRuntime
import Telemetry

/// What a demo has shown: the figures, and whether each part did its job.
struct DemoSummary {
  let game: DemoGame
  /// The rows of this run, counted by model and status.
  let counts: [ModelID: DemoDatabase.Counts]
  /// Rows of this run as the rounds' own table counts them.
  let roundRowCount: Int
  /// Stored rounds.
  let roundCount: Int
  /// The rounds that the report tells of; nil when it didn't answer.
  let reportedRoundCount: Int?
  /// How the predict worker ended; nil when it wasn't running any more.
  let workerExit: ChildExit?
  /// What the score worker has done.
  let scores: DemoScores
  /// Times of the rounds, milliseconds.
  let wallMillis: [Double]
  /// From closing a round to its commit, milliseconds.
  let storeMillis: [Double]
  /// What shows that the demo was secure; nil when it was not to be.
  var proof: DemoProof?

  /// The figures for people.
  var lines: [String] {
    let statuses = PredictionStatus.allCases.map { "\(total($0)) \($0.rawValue)" }
    return [
      "\(roundCount) rounds, \(rowCount) rows of \(counts.count) models: "
        + statuses.joined(separator: ", "),
      "a round took \(Self.describe(wallMillis)); it was in the database "
        + "\(Self.describe(storeMillis)) later",
    ]
  }

  /// Each part and whether it did its job.
  var table: CheckTable {
    var table = CheckTable()
    table.add(
      rowCount > 0 && rowCount == roundRowCount
        ? .ok("PostgreSQL", "holds every row of every round: \(rowCount)")
        : .failure(
          "PostgreSQL", "holds \(rowCount) rows, the rounds had \(roundRowCount)",
          remedy: "see predict-worker.log"))
    table.add(workerRow)
    table.add(reportRow)
    table.add(scorerRow)
    for model in DemoGame.pythonModels {
      table.add(row(model.name, ModelID(model.id), mustHave: [.success]))
    }
    table.add(
      row(
        DemoGame.misbehavingModel.name, ModelID(DemoGame.misbehavingModel.id),
        mustHave: [.timeout, .failed]))
    table.add(row(game.leavingID, ModelID(game.leavingID), mustHave: [.success, .absent]))
    table.add(crowdRow)
    let missing = PredictionStatus.allCases.filter { total($0) == 0 }.map(\.rawValue)
    table.add(
      missing.isEmpty
        ? .ok("statuses", "rows of every status")
        : .failure(
          "statuses", "no row is \(missing.joined(separator: ", "))",
          remedy: "let it play longer; see the models' logs"))
    for row in proofRows { table.add(row) }
    return table
  }

  /// One model has left, and the misbehaving one may be connecting anew.
  private var proofRows: [CheckRow] {
    let id = DemoGame.impostorID
    return proof?.rows(
      connectedMin: game.modelCount - 2, impostor: id, hasRows: counts[ModelID(id)] != nil) ?? []
  }

  private var rowCount: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

  private func total(_ status: PredictionStatus) -> Int {
    counts.values.reduce(0) { $0 + ($1[status] ?? 0) }
  }

  private var workerRow: CheckRow {
    guard let workerExit else {
      return .failure("predict-worker", "was not running at the end", remedy: "see its log")
    }
    return workerExit.isSuccess
      ? .ok("predict-worker", "played \(roundCount) rounds and stopped when asked")
      : .failure("predict-worker", "\(workerExit) when it was stopped", remedy: "see its log")
  }

  /// The report's newest round may be a second old.
  private var reportRow: CheckRow {
    guard let told = reportedRoundCount else {
      return .failure("report-worker", "did not answer", remedy: "see its log")
    }
    return told > 0 && told >= roundCount - 1
      ? .ok("report-worker", "told of \(told) rounds")
      : .failure(
        "report-worker", "told of \(told) rounds of \(roundCount)", remedy: "see its log")
  }

  private var scorerRow: CheckRow {
    guard scores.scoredCount > 0, let first = scores.first else {
      return .failure(
        "score-worker", "\(scores.scoredCount) scores, \(scores.leaderboardCount) leaderboards",
        remedy: "let it play longer; see its log")
    }
    return .ok(
      "score-worker",
      "\(scores.scoredCount) scores, \(scores.leaderboardCount) leaderboards; \(first) leads")
  }

  private var crowdRow: CheckRow {
    let staying = game.simulatedIDs.filter { $0 != game.leavingID }
    let silent = staying.filter { counts[ModelID($0)]?[.success] ?? 0 == 0 }
    return silent.isEmpty
      ? .ok("simulated models", "\(staying.count) answered well")
      : .failure(
        "simulated models", "no good answer of \(silent.joined(separator: ", "))",
        remedy: "see the models' logs")
  }

  private func row(
    _ name: String, _ model: ModelID, mustHave statuses: [PredictionStatus]
  ) -> CheckRow {
    let own = counts[model] ?? [:]
    let found = PredictionStatus.allCases.filter { own[$0] ?? 0 > 0 }
      .map { "\(own[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
    let missing = statuses.filter { own[$0] ?? 0 == 0 }.map(\.rawValue)
    return missing.isEmpty
      ? .ok(name, found)
      : .failure(
        name, "\(found.isEmpty ? "no row" : found); missing: \(missing.joined(separator: ", "))",
        remedy: "see its log")
  }

  /// `12.3 ms (at most 45.6 ms)`: the median and the largest.
  private static func describe(_ millis: [Double]) -> String {
    guard let largest = millis.max() else { return "an unknown time" }
    let median = millis.sorted()[(millis.count - 1) / 2]
    return "\((median * 10).rounded() / 10) ms (at most \((largest * 10).rounded() / 10) ms)"
  }
}
