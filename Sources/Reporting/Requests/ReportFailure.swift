import JSON
import Storage

/// A request that gets no rows, as the answer that says so.
struct ReportFailure: Error, Sendable {
  let status: Int
  let detail: JSONValue
  /// After how many seconds asking again makes sense; nil when it doesn't.
  var retryAfterSeconds: Int?
  var headers: [(name: String, value: String)] = []

  init(
    _ status: Int, _ detail: String, retryAfterSeconds: Int? = nil,
    headers: [(name: String, value: String)] = []
  ) {
    self.status = status
    self.detail = .string(detail)
    self.retryAfterSeconds = retryAfterSeconds
    self.headers = headers
  }

  init(_ flaws: [ValidationFlaw]) {
    status = 422
    detail = .array(flaws.map(\.json))
  }

  static let notFound = ReportFailure(404, "Not Found")
  static let methodNotAllowed = ReportFailure(
    405, "Method Not Allowed", headers: [("Allow", "GET, HEAD")])

  /// The database's failure as the caller sees it: no names of hosts, roles or tables.
  init(_ error: StorageError) {
    switch error.code {
    case .schema, .privileges:
      self.init(503, "The database lacks tables or rights of this report", retryAfterSeconds: 30)
    case .queueFull:
      self.init(503, "Too many requests wait for the database", retryAfterSeconds: 1)
    case .statement where error.sqlState == "57014":
      self.init(
        503, "The question took the database too long; ask for a shorter time",
        retryAfterSeconds: 5)
    case .statement, .unexpectedAnswer:
      self.init(500, "The database holds something that this report can't read")
    default:
      self.init(503, "The database is away", retryAfterSeconds: 2)
    }
  }

  /// FastAPI's body: `{"detail": …}`.
  var body: ReportBody {
    ReportBody(json: .object([JSONMember(key: "detail", value: detail)]))
  }
}
