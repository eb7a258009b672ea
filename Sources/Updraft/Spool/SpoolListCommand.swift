import ArgumentParser
import Competition
import JSON
import ServiceRuntime
import Storage

/// `updraft spool ls`.
struct SpoolListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the rounds that wait for the database.",
    discussion: """
      One line a round, oldest first: models of the roster, outcomes that have arrived, size, \
      whether the round has ended, and the time since it was asked.
      """)
  @OptionGroup var place: SpoolPlace
  @Flag(help: "One JSON array instead of a table.") var json = false

  func run() async throws {
    try await runSpoolCommand("ls", place) { folder in
      let listing = try folder.list()
      var rows: [SpoolRow] = []
      for file in listing.segments {
        if let row = try SpoolRow(file, in: folder) { rows.append(row) }
      }
      rows += listing.damaged.map { SpoolRow(name: $0, bytes: folder.byteCount(of: $0)) }
      let now = UTCTime.now()
      if json { return Output.line(JSONValue.array(rows.map { $0.json(at: now) }).text()) }
      if rows.isEmpty { return Output.line("no rounds wait in \(folder.directory)") }
      var table = SpoolRow.table
      for row in rows { table.add(row.cells(at: now)) }
      for line in table.lines { Output.line(line) }
      if let holder = folder.holder {
        Output.line("held by process \(holder == 0 ? "unknown" : String(holder))")
      }
    }
  }
}

/// One file of the spool, as `ls` shows it.
private struct SpoolRow {
  /// What is known of a file.
  private enum State {
    case round(RecoveredRound)
    case unreadable(String)
  }

  private let name: String
  private let bytes: Int
  private let state: State

  static let table = TextTable([
    ("round", .left), ("params", .left), ("roster", .right), ("answers", .right),
    ("size", .right), ("state", .left), ("age", .right),
  ])

  /// Reads a segment; nil when it has been stored and removed meanwhile.
  init?(_ file: SegmentFile, in folder: SpoolFolder) throws(SpoolError) {
    name = file.name
    do throws(SpoolError) {
      let round = try folder.read(file, checkingValues: false)
      bytes = round.byteCount
      state = .round(round)
    } catch {
      guard error.code != .missing else { return nil }
      guard error.code == .damaged || error.code == .foreignVersion else { throw error }
      bytes = folder.byteCount(of: file.name)
      state = .unreadable(error.code.rawValue)
    }
  }

  /// A file that was set aside.
  init(name: String, bytes: Int) {
    self.name = name
    self.bytes = bytes
    state = .unreadable(SpoolError.Code.damaged.rawValue)
  }

  func cells(at now: UTCTime) -> [String] {
    let size = ByteCountText.describe(bytes)
    switch state {
    case .unreadable(let reason): return [name, "-", "-", "-", size, reason, "-"]
    case .round(let round):
      let params = round.opening.params
      return [
        round.opening.performedAt.iso8601 + "Z",
        "\(params.asset) \(params.horizonSeconds)/\(params.stepSeconds)",
        "\(round.opening.entries.count)", "\(round.answers.count)", size,
        round.closing == nil ? "open" : "closed", Self.describe(age(of: round, at: now)),
      ]
    }
  }

  func json(at now: UTCTime) -> JSONValue {
    switch state {
    case .unreadable(let reason):
      return ["file": .string(name), "bytes": .int(Int64(bytes)), "state": .string(reason)]
    case .round(let round):
      let params = round.opening.params
      return [
        "file": .string(name), "bytes": .int(Int64(bytes)),
        "state": .string(round.closing == nil ? "open" : "closed"),
        "crunch_id": .string(round.crunchID), "shard": .string(round.shard.description),
        "performed_at": .string(round.opening.performedAt.iso8601),
        "asset": .string(params.asset), "horizon": .int(Int64(params.horizonSeconds)),
        "step": .int(Int64(params.stepSeconds)),
        "roster": .int(Int64(round.opening.entries.count)),
        "answers": .int(Int64(round.answers.count)),
        "age_seconds": .double(age(of: round, at: now).inSeconds),
      ]
    }
  }

  private func age(of round: RecoveredRound, at now: UTCTime) -> Duration {
    max(.zero, now.since(round.opening.performedAt))
  }

  /// The two largest units: `3d 4h`, `12m 5s`.
  private static func describe(_ age: Duration) -> String {
    let seconds = Int(age.inSeconds)
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")]
    guard let first = units.firstIndex(where: { seconds >= $0.0 }) else { return "0s" }
    let major = "\(seconds / units[first].0)\(units[first].1)"
    guard first + 1 < units.count else { return major }
    return major + " \(seconds % units[first].0 / units[first + 1].0)\(units[first + 1].1)"
  }
}
