import Competition
import JSON

/// What became of each model in a round, as the compact JSON of `updraft_rounds.models`:
/// `{"9647":["SUCCESS",52341],"9648":["TIMEOUT",500012,"open","DEADLINE_EXCEEDED"]}`.
///
/// By model id: status, microseconds, the breaker's state, the reason's code. What needs no saying
/// is left off at the end: a reason that there is none for, a breaker that is closed, no time.
struct ModelOutcomes {
  private static let codeBytesMax = 40

  let json: ByteView

  init(_ prepared: PreparedRound) {
    let members = prepared.rows.map { row in
      JSONMember(key: row.record.modelID.rawValue.withoutNUL, value: .array(Self.fields(of: row)))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32 * members.count + 2)
    JSONValue.object(members).append(to: &bytes)
    json = ByteView(copying: bytes)
  }

  private static func fields(of row: PreparedRound.Row) -> [JSONValue] {
    let record = row.record
    let status = JSONValue.string(row.status.rawValue)
    if record.status == .absent { return [status] }
    let micros = JSONValue.int(Int64(max(0, min(record.execTimeMicros, 1e15)).rounded()))
    let breaker = record.breaker.map { JSONValue.string($0.rawValue) } ?? .null
    if let code = code(of: row) { return [status, micros, breaker, .string(code)] }
    return record.breaker == .closed ? [status, micros] : [status, micros, breaker]
  }

  /// The reason's code: what stands before the colon of a detail, or who refused the answer.
  private static func code(of row: PreparedRound.Row) -> String? {
    switch row.fate {
    case .dropped: return "DROPPED"
    case .failed: return "REFUSED"
    case .awaited, .asAnswered, .stored: break
    }
    guard let detail = row.detail else { return nil }
    if row.status != row.record.status { return "REFUSED" }
    let code = detail.prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
    let end = detail[code.endIndex...].first
    let isCode = !code.isEmpty && code.utf8.count <= codeBytesMax && (end == nil || end == ":")
    return isCode ? String(code) : "UNKNOWN"
  }
}
