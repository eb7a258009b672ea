import Competition

/// The rounds of a demo as a table that grows; pure.
struct LiveTable {
  /// The titles of the columns.
  static let titles = line([
    "round", "asked", "models", "success", "failed", "timeout", "absent", "round ms", "rows",
    "stored",
  ])
  /// Rounds kept for showing; older ones are only counted.
  private static let roundsMax = 200
  private static let widths = [5, 13, 6, 7, 6, 7, 6, 8, 7, 6]

  /// Rounds that were closed, stored or not.
  private(set) var closedCount = 0
  /// Rounds that are in the database.
  private(set) var storedCount = 0
  /// Rows that are in the database.
  private(set) var rowCount = 0
  private var rounds: [(number: Int, round: DemoRound)] = []

  /// Rounds that were closed and are not in the database yet.
  var waitingCount: Int { closedCount - storedCount }

  /// Takes a round that the predict worker has closed.
  mutating func roundDidClose(_ round: DemoRound) {
    guard index(of: round.key) == nil else { return }
    closedCount += 1
    append(round)
  }

  /// Takes a round that is in the database.
  ///
  /// - Returns: Its line, with the final numbers; nil when it was known to be stored.
  mutating func roundWasStored(_ round: DemoRound) -> String? {
    if let index = index(of: round.key) {
      guard !rounds[index].round.isStored else { return nil }
      rounds[index].round = round
    } else {
      closedCount += 1
      append(round)
    }
    storedCount += 1
    rowCount += round.rowCount
    return index(of: round.key).map { Self.text(rounds[$0]) }
  }

  /// The titles and the newest rounds, at most `count` of them.
  func lines(newest count: Int) -> [String] {
    [Self.titles] + rounds.suffix(max(0, count)).map(Self.text)
  }

  /// The times of the rounds kept, milliseconds, in no order.
  var wallMillis: [Double] { rounds.map(\.round.wallMillis) }

  private mutating func append(_ round: DemoRound) {
    rounds.append((closedCount, round))
    if rounds.count > Self.roundsMax { rounds.removeFirst() }
  }

  private func index(of key: String) -> Int? { rounds.lastIndex { $0.round.key == key } }

  private static func text(_ entry: (number: Int, round: DemoRound)) -> String {
    let round = entry.round
    let horizon = Duration.seconds(round.params.horizonSeconds).text
    let step = Duration.seconds(round.params.stepSeconds).text
    return line([
      "\(entry.number)", "\(round.params.asset) \(horizon)/\(step)", "\(round.rowCount)",
      "\(round.success)", "\(round.failed)", "\(round.timeout)", "\(round.absent)",
      "\((round.wallMillis * 10).rounded() / 10)", round.isStored ? "\(round.rowCount)" : "…",
      round.isStored ? "yes" : "spool",
    ])
  }

  /// The second column begins at the left, the others end at the right.
  private static func line(_ cells: [String]) -> String {
    zip(cells, widths).enumerated().map { column, cell in
      let fill = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      return column == 1 ? cell.0 + fill : fill + cell.0
    }.joined(separator: "  ")
  }
}
