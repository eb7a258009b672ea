public import Competition

/// The table `prediction_configs`: what is asked, how often, and whether it is in use.
public struct PredictionConfigTable {
  private let connection: PostgresConnection
  private static let columns = #"id, asset, horizon, step, prediction_interval, active, "order""#

  /// The table as `connection` sees it.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// The rows in use, in their order.
  public func loadActive() throws(StorageError) -> [PredictionConfig] {
    try load("WHERE active", doing: "load the active prediction configs")
  }

  /// All rows, in their order.
  public func list() throws(StorageError) -> [PredictionConfig] {
    try load("", doing: "list the prediction configs")
  }

  /// Adds an active row at the end of the order and returns it.
  ///
  /// - Throws: `StorageError` of code `configuration` when a value makes no sense.
  public func add(
    _ params: PredictionParams, intervalSeconds: Int
  ) throws(StorageError) -> PredictionConfig {
    let doing = "add a prediction config"
    try Self.check(params, intervalSeconds: intervalSeconds, doing: doing)
    let rows = try connection.query(
      """
      INSERT INTO prediction_configs (\(Self.columns))
      SELECT $1, $2, $3::int4, $4::int4, $5::int4, true, coalesce(max("order"), 0) + 1
      FROM prediction_configs RETURNING \(Self.columns)
      """,
      [
        .text(Self.newID()), .text(params.asset), .int(params.horizonSeconds),
        .int(params.stepSeconds), .int(intervalSeconds),
      ], doing: doing)
    guard let row = rows.first else {
      throw StorageError(.unexpectedAnswer, "the row did not come back", doing: doing)
    }
    return try Self.config(row)
  }

  /// Takes a row out of use; it stays in the table.
  public func pause(id: String) throws(StorageError) {
    try setActive(false, id: id, doing: "pause prediction config \(id)")
  }

  /// Puts a row in use again.
  public func resume(id: String) throws(StorageError) {
    try setActive(true, id: id, doing: "resume prediction config \(id)")
  }

  /// Deletes a row.
  ///
  /// - Throws: `StorageError` of code `configuration` when there is no such row.
  public func remove(id: String) throws(StorageError) {
    let doing = "remove prediction config \(id)"
    let rows = try connection.query(
      "DELETE FROM prediction_configs WHERE id = $1", [.text(id)], doing: doing)
    try requireOne(rows, doing: doing)
  }

  /// Inserts Condor's default rows when the table is empty; returns how many.
  func insertDefaultsIfEmpty() throws(StorageError) -> Int {
    let doing = "insert the default prediction configs"
    let found = try connection.query(
      "SELECT EXISTS (SELECT FROM prediction_configs)", doing: doing)
    if try found.first?.bool(0) ?? true { return 0 }
    for (index, config) in Self.defaults.enumerated() {
      try connection.query(
        "INSERT INTO prediction_configs (\(Self.columns)) VALUES ($1, $2, $3, $4, $5, true, $6)",
        [
          .text(Self.newID()), .text(config.params.asset), .int(config.params.horizonSeconds),
          .int(config.params.stepSeconds), .int(config.intervalSeconds), .int(index + 1),
        ], doing: doing)
    }
    return Self.defaults.count
  }

  /// Condor's rows: for each asset a day in steps of 5 min, hourly, and an hour in minutes, every
  /// 12 min.
  public static let defaults: [(params: PredictionParams, intervalSeconds: Int)] =
    ["BTC", "ETH", "XAU", "SOL"].flatMap { asset in
      [
        (PredictionParams(asset: asset, horizonSeconds: 86_400, stepSeconds: 300), 3_600),
        (PredictionParams(asset: asset, horizonSeconds: 3_600, stepSeconds: 60), 720),
      ]
    }

  private func load(_ condition: String, doing: String) throws(StorageError) -> [PredictionConfig] {
    let rows = try connection.query(
      #"SELECT \#(Self.columns) FROM prediction_configs \#(condition) ORDER BY "order", id"#,
      doing: doing)
    var configs: [PredictionConfig] = []
    for row in rows { configs.append(try Self.config(row)) }
    return configs
  }

  private static func config(_ row: PostgresRow) throws(StorageError) -> PredictionConfig {
    PredictionConfig(
      id: try row.text(0),
      params: PredictionParams(
        asset: try row.text(1), horizonSeconds: try row.int(2), stepSeconds: try row.int(3)),
      intervalSeconds: try row.int(4), active: try row.bool(5), order: try row.int(6))
  }

  private func setActive(_ active: Bool, id: String, doing: String) throws(StorageError) {
    let rows = try connection.query(
      "UPDATE prediction_configs SET active = $1 WHERE id = $2", [.bool(active), .text(id)],
      doing: doing)
    try requireOne(rows, doing: doing)
  }

  private func requireOne(_ rows: PostgresRows, doing: String) throws(StorageError) {
    guard rows.affectedCount == 0 else { return }
    throw StorageError(
      .configuration, "there is no such row", doing: doing,
      hint: "`updraft configs ls` shows the ids")
  }

  private static func check(
    _ params: PredictionParams, intervalSeconds: Int, doing: String
  ) throws(StorageError) {
    let flaw: String? =
      if params.asset.isEmpty {
        "the asset is empty"
      } else if params.stepSeconds <= 0 {
        "the step must be > 0 s, got \(params.stepSeconds)"
      } else if params.horizonSeconds < params.stepSeconds {
        "the horizon (\(params.horizonSeconds) s) must not be shorter than the step "
          + "(\(params.stepSeconds) s)"
      } else if intervalSeconds <= 0 {
        "the interval must be > 0 s, got \(intervalSeconds)"
      } else if max(params.horizonSeconds, intervalSeconds) > Int(Int32.max) {
        "a time is longer than the table's column can hold (\(Int32.max) s)"
      } else {
        nil
      }
    guard let flaw else { return }
    throw StorageError(.configuration, flaw, doing: doing, hint: "give another value")
  }

  /// `CFG_` and the base32 form (RFC 4648, no padding needed) of five random bytes.
  static func newID() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    var bits = UInt64.random(in: 0..<(1 << 40))
    var letters: [Character] = []
    for _ in 0..<8 {
      letters.append(alphabet[Int(bits & 31)])
      bits >>= 5
    }
    return "CFG_" + String(letters)
  }
}
