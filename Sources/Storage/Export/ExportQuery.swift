public import Competition

/// What is exported, and as what.
public struct ExportQuery: Hashable, Sendable {
  /// Which rows and columns.
  public enum Content: String, Hashable, Sendable, CaseIterable {
    /// All columns of `predictions`: what `COPY predictions FROM` takes back.
    case predictions
    /// One row for each scored prediction: `id, model_id, asset, horizon, step, performed_at,
    /// score_value, score_success, score_failed_reason, score_scored_at`.
    case scores
  }

  /// How a row is written.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    /// RFC 4180 as PostgreSQL writes it, with a header line; NULL is empty, an empty text is `""`.
    case csv
    /// One JSON object a line, under the columns' names.
    case jsonl
  }

  /// Which rows and columns.
  public var content: Content
  /// How a row is written.
  public var format: Format
  /// The earliest `performed_at`; nil for all before `until`.
  public var from: UTCTime?
  /// The first `performed_at` that is left out; nil for all since `from`.
  public var until: UTCTime?
  /// Only these models; empty for all.
  public var models: [ModelID] = []
  /// Only these assets; empty for all.
  public var assets: [String] = []

  /// An export of everything; narrow it by its properties.
  public init(_ content: Content, as format: Format) {
    self.content = content
    self.format = format
  }

  /// The columns, in their order.
  var columns: [String] {
    switch content {
    case .predictions: CondorSchema.predictions.columns.map(\.name)
    case .scores:
      [
        "id", "model_id", "asset", "horizon", "step", "performed_at", "score_value",
        "score_success", "score_failed_reason", "score_scored_at",
      ]
    }
  }

  /// The `COPY`. The rows are ordered by time and id, so that the same rows give the same bytes.
  func statement(_ connection: PostgresConnection, doing: String) throws(StorageError) -> String {
    var conditions = content == .scores ? ["score_scored_at IS NOT NULL"] : []
    if let from { conditions.append("performed_at >= '\(from.iso8601)'") }
    if let until { conditions.append("performed_at < '\(until.iso8601)'") }
    for (column, values) in [("model_id", models.map(\.rawValue)), ("asset", assets)]
    where !values.isEmpty {
      let literals = try values.map { (value) throws(StorageError) in
        try connection.literal(value, doing: doing)
      }
      conditions.append("\(column) IN (\(literals.joined(separator: ", ")))")
    }
    let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    let rows = """
      SELECT \(columns.joined(separator: ", ")) FROM predictions\(filter)
      ORDER BY performed_at, id
      """
    switch format {
    case .csv: return "COPY (\(rows)) TO STDOUT (FORMAT csv, HEADER)"
    case .jsonl:
      // COPY's text form doubles backslashes. Its CSV form leaves a value alone that has neither
      // quote nor delimiter nor line end: control characters can't stand in JSON, and a line end
      // there is mere space.
      return """
        COPY (SELECT translate(row_to_json(r)::text, E'\\n\\r', '  ') FROM (\(rows)) AS r)
        TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')
        """
    }
  }
}
