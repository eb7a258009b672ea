import Competition

/// What a predict worker's log says of ticks and rounds.
struct GameLines {
  /// Parts of the messages that matter, so that others cost nothing.
  private static let wanted = [
    "\"tick closed\"", "\"round opened\"", "\"round closed\"", "\"round stored\"",
    "\"round late\"", "\"round left out", "\"round lost",
  ]

  /// From the begin of the tick before a round to the round's last answer, milliseconds.
  private(set) var latencies: [Double] = []
  /// When each of those ticks began, seconds since the first line.
  private(set) var startSeconds: [Double] = []
  /// From a round's end to its commit, milliseconds.
  private(set) var storedMillis: [Double] = []
  private(set) var openedCount = 0
  /// When the last of them was opened.
  private(set) var lastOpenedAt: UTCTime?
  /// Turns that came and went while something else took longer.
  private(set) var missedTurnCount = 0
  /// Rounds that storage took nothing of.
  private(set) var leftOutCount = 0
  private var tickBegan: Double?
  private var first: Double?

  /// Whether a line is one that this reads.
  static func isWanted(_ line: String) -> Bool { wanted.contains { line.contains($0) } }

  /// When a round opened that has `models` models and calls nine in ten of them at least; nil for
  /// another line.
  static func settledAt(_ line: String, models: Int) -> UTCTime? {
    guard let line = ProgramLine(line), line.message == "round opened",
      line.count("models") == models, let called = line.count("called"), called * 10 >= models * 9
    else { return nil }
    return line["time"].flatMap(UTCTime.init(iso8601:))
  }

  /// Reads lines in their order, those after a moment only.
  init(_ lines: [String], after begin: UTCTime? = nil) {
    for line in lines.compactMap(ProgramLine.init) { take(line, after: begin) }
  }

  private mutating func take(_ line: ProgramLine, after begin: UTCTime?) {
    guard let time = line["time"].flatMap(UTCTime.init(iso8601:)),
      begin.map({ time > $0 }) ?? true
    else { return }
    let at = Double(time.microsecondsSinceEpoch) / 1e6
    first = first ?? at
    switch line.message {
    case "tick closed": tickBegan = at - (line.number("wall_ms") ?? 0) / 1_000
    case "round opened":
      openedCount += 1
      lastOpenedAt = time
    case "round closed":
      guard let began = tickBegan else { return }
      latencies.append(max(0, at - began) * 1_000)
      startSeconds.append(max(0, began - (first ?? at)))
    case "round stored":
      if let millis = line.number("latency_ms") { storedMillis.append(millis) }
    case "round late": missedTurnCount += line.count("missed_turns") ?? 0
    default: leftOutCount += 1
    }
  }
}
