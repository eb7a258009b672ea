import Competition

/// One predict round in numbers, as the live table shows it.
struct DemoRound: Hashable, Sendable {
  /// The moment it was asked, which is its name in log and database.
  let key: String
  /// What was asked.
  let params: PredictionParams
  /// Records by their status; those of a stored round are final.
  var success = 0
  var failed = 0
  var timeout = 0
  var absent = 0
  /// From its opening to its closing, milliseconds.
  var wallMillis = 0.0
  /// Whether its rows are in the database.
  var isStored = false

  /// Records of all statuses.
  var rowCount: Int { success + failed + timeout + absent }

  /// A round that the predict worker has closed; nil when the line says something else.
  init?(closed line: ProgramLine) {
    guard line.message == "round closed", let key = line["round"], let asset = line["asset"],
      let horizon = line.count("horizon"), let step = line.count("step")
    else { return nil }
    self.key = key
    params = PredictionParams(asset: asset, horizonSeconds: horizon, stepSeconds: step)
    success = line.count("success") ?? 0
    failed = line.count("failed") ?? 0
    timeout = line.count("timeout") ?? 0
    absent = line.count("absent") ?? 0
    wallMillis = line.number("wall_ms") ?? 0
  }

  /// A round that is in the database.
  init(storedAt performedAt: UTCTime, _ params: PredictionParams) {
    key = performedAt.compactMilliseconds
    self.params = params
    isStored = true
  }
}
