/// What an address stands for.
enum Route: Sendable {
  case rows(Endpoint, id: String?)
  case page(Page)
  case file(ReportFile)
  /// A path that is right but for its last slash.
  case redirect(to: String)

  /// The answers that are no plain rows.
  enum Page: String, CaseIterable, Sendable {
    case info = "/info"
    case health = "/healthz"
    case readiness = "/readyz"
    case schema = "/reports/schema"
    case status = "/reports/status"
    case metrics = "/metrics"
    case openAPI = "/openapi.json"

    var tier: AccessTier {
      switch self {
      case .info, .health, .readiness, .schema, .openAPI: .open
      case .status: .read
      case .metrics: .admin
      }
    }
  }

  var tier: AccessTier {
    switch self {
    case .rows(let endpoint, _): endpoint.tier
    case .page(let page): page.tier
    case .file, .redirect: .open
    }
  }

  /// The name that requests are counted under.
  var name: String {
    switch self {
    case .rows(let endpoint, _): endpoint.path
    case .page(let page): page.rawValue
    case .file: "/assets"
    case .redirect: "other"
    }
  }
}

/// Finds the route of a path.
struct RouteTable: Sendable {
  private var exact: [String: Route] = [:]
  private var byModel: [String: Endpoint] = [:]
  private static let modelPrefix = "/report/model/"

  init(files: [ReportFile]) {
    for endpoint in Endpoint.all {
      if endpoint.path.hasPrefix(Self.modelPrefix + "{id}/") {
        byModel[String(endpoint.path.split(separator: "/")[3])] = endpoint
      } else {
        exact[endpoint.path] = .rows(endpoint, id: nil)
      }
    }
    for page in Route.Page.allCases { exact[page.rawValue] = .page(page) }
    for file in files { exact[file.path] = .file(file) }
  }

  /// The route of a path as it came, escapes included; nil when there is none.
  func route(of raw: Substring) -> Route? {
    if let route = exact[String(raw)] { return route }
    if let route = byModel(raw) { return route }
    if raw.count > 1, raw.last == "/" {
      let shorter = raw.dropLast()
      if exact[String(shorter)] != nil || byModel(shorter) != nil {
        return .redirect(to: String(shorter))
      }
    }
    return nil
  }

  private func byModel(_ raw: Substring) -> Route? {
    guard raw.hasPrefix(Self.modelPrefix) else { return nil }
    let parts = raw.dropFirst(Self.modelPrefix.count)
      .split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let endpoint = byModel[String(parts[1])] else {
      return nil
    }
    // In a path a plus sign is itself.
    return .rows(endpoint, id: QueryText.decoded(parts[0].replacing("+", with: "%2B").utf8))
  }
}
