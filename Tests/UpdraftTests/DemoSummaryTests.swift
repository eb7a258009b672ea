import Competition
import EventLoop
import ServiceRuntime
import Testing

@testable import Updraft

/// Whether each part of a demo did its job.
struct DemoSummaryTests {
  private let game = DemoGame(example: "", folder: "", simulatedCount: 2)

  /// The rows of three rounds in which all went as it should.
  private var good: [ModelID: DemoDatabase.Counts] {
    [
      ModelID("1"): [.success: 3], ModelID("2"): [.success: 3],
      ModelID("3"): [.timeout: 1, .failed: 2], ModelID("sim-01"): [.success: 3],
      ModelID("sim-02"): [.success: 1, .absent: 2],
    ]
  }

  private func failures(
    _ counts: [ModelID: DemoDatabase.Counts], rows: Int = 15,
    told: Int? = 3, exit: ChildExit? = ChildExit(code: 0, signal: 0),
    scores: DemoScores = DemoScores(scoredCount: 5, leaderboardCount: 2, first: "gaussian")
  ) -> [String] {
    let summary = DemoSummary(
      game: game, counts: counts, roundRowCount: rows, roundCount: 3,
      reportedRoundCount: told, workerExit: exit, scores: scores, wallMillis: [3, 1, 2],
      storeMillis: [])
    return summary.table.rows.filter { $0.result == .failure }.map(\.name)
  }

  @Test func aGameInWhichEveryPartDidItsJobHasNoFailure() {
    #expect(failures(good).isEmpty)
  }

  @Test func missingRowsAreTheDatabasesFault() {
    #expect(failures(good, rows: 16) == ["PostgreSQL"])
  }

  @Test func aWorkerThatCrashedOrWasGoneIsTold() {
    #expect(failures(good, exit: nil) == ["predict-worker"])
    #expect(failures(good, exit: ChildExit(code: 0, signal: 9)) == ["predict-worker"])
  }

  @Test func aReportThatIsSilentOrBehindIsTold() {
    #expect(failures(good, told: nil) == ["report-worker"])
    #expect(failures(good, told: 1) == ["report-worker"])
    #expect(failures(good, told: 2).isEmpty)
  }

  @Test func aGameWithoutScoresOrWithoutALeaderIsTold() {
    #expect(failures(good, scores: DemoScores()) == ["score-worker"])
    #expect(
      failures(good, scores: DemoScores(scoredCount: 5, leaderboardCount: 0, first: nil))
        == ["score-worker"])
  }

  @Test func aModelThatNeverLeftOrNeverFailedIsTold() {
    var counts = good
    counts[ModelID("sim-02")] = [.success: 3]
    #expect(failures(counts) == ["sim-02", "statuses"])
    counts = good
    counts[ModelID("3")] = [.success: 3]
    #expect(failures(counts) == ["misbehaving", "statuses"])
  }

  @Test func aSilentSimulatedModelIsNamed() {
    var counts = good
    counts[ModelID("sim-01")] = [.timeout: 3]
    #expect(failures(counts) == ["simulated models"])
  }

  @Test func theFiguresAreMediansAndMaxima() {
    let summary = DemoSummary(
      game: game, counts: good, roundRowCount: 15, roundCount: 3, reportedRoundCount: 3,
      workerExit: nil, scores: DemoScores(), wallMillis: [3, 1, 2], storeMillis: [])
    #expect(
      summary.lines == [
        "3 rounds, 15 rows of 5 models: 10 SUCCESS, 2 FAILED, 1 TIMEOUT, 2 ABSENT",
        "a round took 2.0 ms (at most 3.0 ms); it was in the database an unknown time later",
      ])
  }
}
