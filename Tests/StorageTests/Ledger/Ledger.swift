import Competition
import Synchronization

@testable import Storage
@testable import StorageVictim

/// What storage owes: written down as it is told by the lines of `ScriptedGame`, and compared with
/// the tables at the end.
final class Ledger: Sendable {
  typealias Key = ScriptedRound.Key

  /// What is known of one round.
  struct Entry {
    /// Whether it was let in, as far as its player could still say so.
    var wasRefused = false
    /// Whether the spool has its header: then every model of the roster is owed a row.
    var isOpened = false
    /// The places of the roster whose outcomes have arrived.
    var arrived: Set<Int> = []
    var hasEnded = false
    var storedCount = 0
    var replayedCount = 0
  }

  let seed: UInt64
  private let state = Mutex(State())
  /// Lines of logs that are kept.
  private static let logLinesMax = 100

  private struct State {
    var entries: [Key: Entry] = [:]
    var strange: [String] = []
    var log: [String] = []
  }

  init(seed: UInt64) { self.seed = seed }

  var entries: [Key: Entry] { state.withLock { $0.entries } }

  /// Lines that no game writes: what a program says when it fails.
  var strangeLines: [String] { state.withLock { $0.strange } }

  /// The last lines that storage has logged.
  var log: String { state.withLock { $0.log.joined(separator: "\n") } }

  /// Takes a line of storage's log.
  func note(log line: String) {
    state.withLock { $0.log = $0.log.suffix(Self.logLinesMax - 1) + [line] }
  }

  /// Takes a line of a game.
  func note(_ line: String) {
    let words = line.split(separator: " ").map(String.init)
    let numbers = words.count > 1 ? words[1].split(separator: "-").compactMap { Int($0) } : []
    guard numbers.count == 2 else { return state.withLock { $0.strange.append(line) } }
    let key = Key(life: numbers[0], number: numbers[1])
    state.withLock { state in
      var entry = state.entries[key] ?? Entry()
      switch (words[0], words.last) {
      case ("opening", _): break
      case ("refused", _): entry.wasRefused = true
      case ("kept", "opening"): entry.isOpened = true
      case ("kept", "end"): entry.hasEnded = true
      case ("kept", let list?):
        entry.arrived.formUnion(list.split(separator: ",").compactMap { Int($0) })
      case ("stored", let whose):
        entry.storedCount += 1
        if whose == "replayed" { entry.replayedCount += 1 }
      default: state.strange.append(line)
      }
      state.entries[key] = entry
    }
  }

  /// What the tables have of the outcomes that were heard of.
  struct Found {
    /// Everything that is not as it must be.
    var violations: [String] = []
    /// Rows that are the models' own outcomes.
    var ownRows = 0
    /// Rows of models of whom nothing had arrived when the program ended.
    var restartedRows = 0
    /// Answers that storage refused.
    var refusedRows = 0
  }

  /// Compares the tables with what is owed: every outcome that arrived has its row with its very
  /// bytes, every round that opened one row for each model of its roster, and nothing else is
  /// there.
  func compare(with database: TestDatabase) throws -> Found {
    let entries = entries
    return try database.with { connection in
      var found = Found()
      for life in Set(entries.keys.map(\.life)).sorted() {
        try compare(entries.filter { $0.key.life == life }, life, connection, &found)
      }
      let total = try connection.query(
        "SELECT count(*) FROM predictions", format: .text, doing: "count rows")
      let expected = found.ownRows + found.restartedRows + found.refusedRows
      if let count = try total.first?.int(0), count != expected, found.violations.isEmpty {
        found.violations.append("\(count) rows, of which \(expected) are owed")
      }
      found.violations += try countViolations(connection)
      return found
    }
  }

  private func compare(
    _ entries: [Key: Entry], _ life: Int, _ connection: PostgresConnection, _ found: inout Found
  ) throws {
    let rows = try connection.query(
      """
      SELECT p.performed_at, p.model_id, p.status, p.distributions::text, coalesce(f.detail, '')
      FROM predictions p LEFT JOIN updraft_failures f ON f.prediction_id = p.id
      WHERE p.performed_at >= $1 AND p.performed_at < $2
      """,
      [
        .time(Key(life: life, number: 0).performedAt),
        .time(Key(life: life + 1, number: 0).performedAt),
      ], doing: "read a life's rows")
    var rowsByRound: [Key: [ModelID: LedgerRow]] = [:]
    for row in rows {
      let key = Key(try row.time(0))
      let model = ModelID(try row.text(1))
      let held = LedgerRow(
        status: try row.text(2), answer: try row.text(3), detail: try row.text(4))
      if rowsByRound[key, default: [:]].updateValue(held, forKey: model) != nil {
        found.violations.append("\(key) \(model): two rows")
      }
    }
    for key in rowsByRound.keys where entries[key] == nil {
      found.violations.append("\(key): nobody opened it")
    }
    for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
      compare(entry, ScriptedRound(key, seed: seed), rowsByRound[key] ?? [:], &found)
    }
  }

  private func compare(
    _ entry: Entry, _ round: ScriptedRound, _ rows: [ModelID: LedgerRow], _ found: inout Found
  ) {
    let isOwed = entry.isOpened || entry.storedCount > 0
    if rows.isEmpty, !isOwed { return }
    if rows.count != round.outcomes.count {
      found.violations.append("\(round.key): \(rows.count) rows of \(round.outcomes.count) models")
    }
    if entry.wasRefused { found.violations.append("\(round.key): was refused and has rows") }
    for index in round.outcomes.indices {
      guard let row = rows[round.modelID(index)] else {
        found.violations.append("\(round.key)-\(index): no row; arrived: \(entry.arrived)")
        continue
      }
      let hasArrived =
        entry.arrived.contains(index) || entry.hasEnded || round.outcomes[index] == .absent
      switch row.agreement(with: index, of: round) {
      case .own: found.ownRows += 1
      case .refused: found.refusedRows += 1
      case .restarted where !hasArrived: found.restartedRows += 1
      case .restarted, .none:
        let state = hasArrived ? "has arrived" : "has not arrived"
        found.violations.append("\(round.key)-\(index), which \(state), is \(row.summary)")
      }
    }
  }

  /// Rounds whose numbers are not those of their rows.
  private func countViolations(_ connection: PostgresConnection) throws -> [String] {
    let rows = try connection.query(
      """
      SELECT performed_at, r.* FROM (
        SELECT performed_at, count(*) FILTER (WHERE status = 'SUCCESS') AS success,
          count(*) FILTER (WHERE status = 'FAILED') AS failed,
          count(*) FILTER (WHERE status = 'TIMEOUT') AS timeout,
          count(*) FILTER (WHERE status = 'ABSENT') AS absent
        FROM predictions GROUP BY 1) p
      FULL JOIN updraft_rounds r USING (performed_at)
      WHERE (p.success, p.failed, p.timeout, p.absent)
        IS DISTINCT FROM (r.success, r.failed, r.timeout, r.absent)
      """, doing: "compare rounds with their rows")
    return try rows.map { "\(Key(try $0.time(0))): updraft_rounds counts otherwise" }
  }
}

/// One row of `predictions` with its reason.
struct LedgerRow {
  let status: String
  let answer: String
  /// Empty when there is none.
  let detail: String

  /// How a row may say what a model did.
  enum Agreement {
    /// It is the outcome that was sent.
    case own
    /// The answer can't be stored, which it says.
    case refused
    /// It says that nothing had arrived when the program ended.
    case restarted
  }

  /// How this row says what the model at `index` did; nil when it says something else.
  func agreement(with index: Int, of round: ScriptedRound) -> Agreement? {
    let outcome = round.outcomes[index]
    if case .answers(let text) = outcome, status == "SUCCESS" {
      return isAnswer(text) && detail.isEmpty ? .own : nil
    }
    guard answer == "null" else { return nil }
    if status == "FAILED", detail.hasPrefix("RESTARTED: "), outcome != .absent {
      return .restarted
    }
    switch outcome {
    case .answers: return nil
    case .refused:
      return status == "FAILED" && detail.hasPrefix("the answer can't be stored") ? .refused : nil
    case .fails: return status == "FAILED" && detail == round.detail(index) ? .own : nil
    case .timesOut, .isSilent:
      return status == "TIMEOUT" && detail == round.detail(index) ? .own : nil
    case .absent: return status == "ABSENT" && detail.isEmpty ? .own : nil
    }
  }

  /// Byte by byte: equal strings may differ in their bytes.
  private func isAnswer(_ text: String) -> Bool {
    ByteView(answer) == ByteView(text)
  }

  var summary: String { "\(status) \(answer.prefix(60)) (\(answer.utf8.count) bytes) \(detail)" }
}
