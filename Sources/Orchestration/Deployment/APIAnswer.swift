import JSON

/// What a request to the deployment API gets.
public struct APIAnswer: Sendable {
  /// What follows the head.
  public enum Body: Sendable {
    /// Nothing.
    case none
    /// These bytes.
    case bytes([UInt8])
    /// A log, as far as it is there and, when it is followed, as it grows.
    case log(LogFollow)
  }

  /// The HTTP status.
  public let status: Int
  /// Names and values.
  public var headers: [(name: String, value: String)]
  /// What follows the head.
  public let body: Body
  /// Whether the connection ends with it, since the request's body wasn't read.
  public let endsConnection: Bool

  init(
    _ status: Int, headers: [(name: String, value: String)] = [], body: Body = .none,
    endsConnection: Bool = false
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.endsConnection = endsConnection
  }

  /// JSON with status 200 or another.
  init(_ value: JSONValue, status: Int = 200, endsConnection: Bool = false) {
    self.init(
      status, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
      body: .bytes(Array(value.text().utf8)), endsConnection: endsConnection)
  }
}

/// A log that is to be sent.
public struct LogFollow: Sendable {
  /// Which log, to be asked whether it still is somebody's.
  public let job: LogJob
  /// The file, and where in it to begin.
  public let tail: LogTail
  /// Whether to go on when its end is reached.
  public let follows: Bool
  /// Its place among those that may be sent at once, given back when the answer is.
  let place: Places.Place
}

/// A request that isn't done, as the answer that says so.
struct APIRefusal: Error, Hashable, Sendable {
  let status: Int
  /// What is wrong and what to do; for the caller, without paths of the machine.
  let detail: String
  /// Whether the body was left unread, so that the connection must end.
  var leavesBodyUnread = false

  init(_ status: Int, _ detail: String) {
    self.status = status
    self.detail = detail
  }

  static let notFound = APIRefusal(404, "Not Found")

  static func unknown(_ id: String) -> APIRefusal {
    APIRefusal(404, "there is no model \(id.prefix(60)); GET /models lists them")
  }

  /// FastAPI's body: `{"detail": …}`.
  var answer: APIAnswer {
    var answer = APIAnswer(
      ["detail": .string(detail)], status: status, endsConnection: leavesBodyUnread)
    if status == 401 { answer.headers.append(("WWW-Authenticate", "Bearer")) }
    return answer
  }
}
