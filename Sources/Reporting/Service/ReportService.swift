import Competition
import JSON
public import Logging
import Storage
import Telemetry

/// Answers the requests of a report, whatever server takes them: routes, access, questions, caches.
public final class ReportService: Sendable {
  /// A longer address is refused: room for 5,000 ids of 11 characters.
  public static let targetBytesMax = 60 << 10

  private let options: ReportOptions
  private let pool: SessionPool
  private let cache: AnswerCache
  private let routes: RouteTable
  private let crossOrigin: CrossOrigin
  private let pages: PageAnswers
  private let traffic: TrafficMeasures

  /// A report of the database that `pool` reaches.
  public init(_ options: ReportOptions, pool: SessionPool, logger: Logger) {
    self.options = options
    self.pool = pool
    let registry = MetricsRegistry(labels: ["crunch": options.crunchID])
    cache = AnswerCache(pool: pool)
    routes = RouteTable(files: options.files)
    crossOrigin = CrossOrigin(origins: options.corsOrigins)
    traffic = TrafficMeasures(registry)
    pages = PageAnswers(options, pool: pool, cache: cache, registry: registry, logger: logger)
  }

  /// Answers a request; never fails, and takes no longer than the database's time limits.
  public func answer(_ request: ReportRequest) async -> ReportAnswer {
    let start = MonotonicInstant.now()
    let mark = request.target.utf8.firstIndex(of: UInt8(ascii: "?"))
    let path = request.target[..<(mark ?? request.target.endIndex)]
    let query = mark.map { request.target[request.target.index(after: $0)...] } ?? ""
    let route = routes.route(of: path)
    var answer: ReportAnswer
    do throws(ReportFailure) {
      answer = try await self.answer(request, route, query: query)
    } catch {
      answer = refusal(error, request, route)
    }
    answer.headers += crossOrigin.headers(for: request.origin) + Self.headers(of: route)
    traffic.count(answer.route, status: answer.status, took: MonotonicInstant.now().since(start))
    return answer
  }

  private func answer(
    _ request: ReportRequest, _ route: Route?, query: Substring
  ) async throws(ReportFailure) -> ReportAnswer {
    guard request.target.utf8.count <= Self.targetBytesMax else {
      throw ReportFailure(414, "The address is longer than \(Self.targetBytesMax) bytes")
    }
    guard let route else { throw .notFound }
    if request.method == "OPTIONS", request.origin != nil, request.requestedMethod != nil {
      return try preflight(request, route)
    }
    guard request.method == "GET" || request.method == "HEAD" else { throw .methodNotAllowed }
    try admit(request, to: route.tier)
    switch route {
    case .file(let file):
      return await plain(file.body, file.contentType, request, route)
    case .page(let page):
      let made = try await pages.answer(page)
      return await plain(made.body, made.contentType, request, route, status: made.status)
    case .rows(let endpoint, let id):
      let body = try await rows(endpoint, id: id, query: query)
      return await plain(body, Self.json, request, route)
    case .redirect(let path):
      let place = query.isEmpty ? path : "\(path)?\(query)"
      return ReportAnswer(
        status: 307, headers: [("Location", place)], body: nil, isHeadOnly: false,
        route: route.name)
    }
  }

  private func rows(
    _ endpoint: Endpoint, id: String?, query: Substring
  ) async throws(ReportFailure) -> ReportBody {
    var reader = ParameterReader(QueryText(query))
    let question = endpoint.plan(&reader, id)
    try reader.finish()
    if endpoint.takesOneModel, id == nil { try reader.refuseSeveralIDs() }
    if let id, id.utf8.contains(0) { throw ReportFailure([.nul("id")]) }
    return try await cache.body(for: question, key: "\(endpoint.path)\n\(id ?? "")\n\(query)")
  }

  private func admit(_ request: ReportRequest, to tier: AccessTier) throws(ReportFailure) {
    guard tier > .open else { return }
    let challenge = [(name: "WWW-Authenticate", value: "Bearer")]
    guard let given = options.keys.tier(of: request.key) else {
      throw ReportFailure(401, "This is no valid API key", headers: challenge)
    }
    guard given < tier else { return }
    if given == .open { throw ReportFailure(401, "This needs an API key", headers: challenge) }
    throw ReportFailure(403, "This needs an API key of the tier \(tier.name)")
  }

  private func preflight(
    _ request: ReportRequest, _ route: Route
  ) throws(ReportFailure) -> ReportAnswer {
    guard let headers = crossOrigin.preflight(origin: request.origin) else {
      throw ReportFailure(400, "Disallowed CORS origin")
    }
    return ReportAnswer(
      status: 200, headers: headers, body: nil, isHeadOnly: false, route: route.name)
  }

  /// The body as the caller takes it: not at all when he has it, compressed, or as it is.
  private func plain(
    _ body: ReportBody, _ contentType: String, _ request: ReportRequest, _ route: Route,
    status: Int = 200
  ) async -> ReportAnswer {
    var headers = [
      (name: "ETag", value: body.tag), (name: "Cache-Control", value: "no-cache"),
      (name: "Vary", value: "Accept-Encoding"),
    ]
    if status == 200, request.holds(body.tag) {
      return ReportAnswer(
        status: 304, headers: headers, body: nil, isHeadOnly: false, route: route.name)
    }
    headers.append(("Content-Type", contentType))
    var sent = body
    if request.takesGzip, let small = await body.gzipped() {
      sent = small
      headers.append(("Content-Encoding", "gzip"))
    }
    return ReportAnswer(
      status: status, headers: headers, body: sent, isHeadOnly: request.method == "HEAD",
      route: route.name)
  }

  private func refusal(
    _ failure: ReportFailure, _ request: ReportRequest, _ route: Route?
  ) -> ReportAnswer {
    var headers =
      failure.headers + [
        (name: "Content-Type", value: Self.json), (name: "Cache-Control", value: "no-store"),
      ]
    if let seconds = failure.retryAfterSeconds { headers.append(("Retry-After", "\(seconds)")) }
    return ReportAnswer(
      status: failure.status, headers: headers, body: failure.body,
      isHeadOnly: request.method == "HEAD", route: route?.name ?? "other")
  }

  private static let json = "application/json"

  /// What browsers may do with an answer. The pages use nothing but their own files.
  private static func headers(of route: Route?) -> [(name: String, value: String)] {
    if case .file = route { return common + [("Content-Security-Policy", pagePolicy)] }
    return common + [("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")]
  }

  private static let common: [(name: String, value: String)] = [
    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
  ]
  private static let pagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
