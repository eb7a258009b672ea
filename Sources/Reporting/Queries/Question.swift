import Storage

/// What is asked of the database for one answer: statements that give one row of a JSON text and
/// the number of its rows.
///
/// Values of a request are parameters (`$1`, …) always, never part of the SQL.
struct Question: Sendable {
  /// One way to ask; a database of an older version lacks tables or columns of the first.
  struct Variant: Sendable {
    let sql: String
    var parameters: [PostgresParameter] = []
  }

  /// What tells that an answer is still the newest, asked instead of the whole.
  enum Topic: Sendable {
    /// The newest leaderboard.
    case leaderboard
    /// The newest snapshot of scores.
    case snapshots
    /// The newest round.
    case rounds
    /// Nothing does: the answer is made anew.
    case none
  }

  /// The question's name, a constant.
  let name: String
  /// The ways to ask, the best first. Shape: [≥ 1].
  let variants: [Variant]
  /// The JSON text of a database that has nothing to say about it; nil when that is a failure.
  var fallback: String?
  var topic = Topic.none
  /// More rows than this are refused; nil when the caller has set a limit.
  var rowsMax: Int?

  /// Runs the question in `connection`, the best way that the database's tables allow.
  func ask(
    _ connection: PostgresConnection, knowing memory: VariantMemory
  ) throws(StorageError) -> Rows {
    let start = memory.start(of: name)
    for (index, variant) in variants.enumerated() where index >= start {
      do throws(StorageError) {
        let rows = try connection.query(
          variant.sql, variant.parameters, doing: "read \(name)")
        memory.remember(index, of: name)
        guard let row = rows.first else {
          throw StorageError(.unexpectedAnswer, "no row", doing: "read \(name)")
        }
        return Rows(json: try row.bytes(0), count: try row.int(1))
      } catch {
        let isLast = index == variants.count - 1
        guard error.code == .schema, !isLast || fallback != nil else { throw error }
      }
    }
    memory.remember(variants.count, of: name)
    return Rows(json: Array((fallback ?? "").utf8), count: 0)
  }

  /// A JSON text and how many rows it holds.
  struct Rows: Sendable {
    let json: [UInt8]
    let count: Int
  }
}

extension Question.Topic {
  /// A statement of one text that changes when the topic's newest row does; nil for `none`.
  var versionSQL: String? {
    switch self {
    case .leaderboard: Self.newest("id", of: "leaderboards", by: "created_at DESC, id DESC")
    case .snapshots: Self.newest("id", of: "model_score_snapshots", by: "performed_at DESC")
    case .rounds: Self.newest("performed_at::text", of: "updraft_rounds", by: "performed_at DESC")
    case .none: nil
    }
  }

  private static func newest(_ column: String, of table: String, by order: String) -> String {
    "SELECT coalesce((SELECT \(column) FROM \(table) ORDER BY \(order) LIMIT 1), '')::text"
  }
}
