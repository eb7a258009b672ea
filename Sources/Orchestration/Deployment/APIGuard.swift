import Identity

/// Decides who may use the deployment API: before anything else of a request is looked at.
///
/// A browser is somebody else's tool: any page that its user opens may make it send requests to
/// this machine. Such a request names its page (`Origin`, `Sec-Fetch-Site`), and one that was lured
/// here by a name of the attacker's own (DNS rebinding) has that name in `Host`.
struct APIGuard: Sendable {
  private let settings: APISettings
  private let token: BearerToken?

  init(_ settings: APISettings, token: BearerToken?) {
    self.settings = settings
    self.token = token
  }

  /// Nil when the request may go on.
  func refusal(of request: APIRequest) -> APIRefusal? {
    guard let host = request.host, !host.isEmpty else {
      return APIRefusal(400, "the request needs one Host header")
    }
    if settings.isLoopback, !knows(host) {
      return APIRefusal(
        421,
        "this API isn't reached under the name \(host.prefix(80)); use localhost, or list it"
          + " in api.hosts")
    }
    if let refusal = refusalOfPage(request, host) { return refusal }
    // A browser that asks for permission presents nothing yet.
    if request.method != "OPTIONS", request.path != "/healthz", let token,
      !token.isShown(by: request.authorization)
    {
      return APIRefusal(401, "present the token of api.token-file: Authorization: Bearer TOKEN")
    }
    return nil
  }

  /// The headers that let a page of an allowed origin read an answer.
  func headers(for request: APIRequest) -> [(name: String, value: String)] {
    var headers = [
      (name: "X-Content-Type-Options", value: "nosniff"),
      (name: "Referrer-Policy", value: "no-referrer"),
      (name: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'"),
    ]
    guard !settings.origins.isEmpty else { return headers }
    headers.append(("Vary", "Origin"))
    if let origin = request.origin, settings.origins.contains(origin) {
      headers.append(("Access-Control-Allow-Origin", origin))
    }
    return headers
  }

  /// The answer to a browser that asks whether a page may ask.
  func preflight(_ request: APIRequest) -> APIAnswer {
    guard let origin = request.origin, settings.origins.contains(origin) else {
      return APIRefusal(403, "pages of this origin may not use the API").answer
    }
    return APIAnswer(
      204,
      headers: [
        ("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE"),
        ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
        ("Access-Control-Max-Age", "600"),
      ])
  }

  private func refusalOfPage(_ request: APIRequest, _ host: String) -> APIRefusal? {
    let refusal = APIRefusal(
      403, "pages of this origin may not use the API; list it in api.origins if they may")
    if let origin = request.origin {
      let isOwn = origin == "http://\(host)" || origin == "https://\(host)"
      return isOwn || settings.origins.contains(origin) ? nil : refusal
    }
    switch request.fetchSite {
    case nil, "same-origin", "none": return nil
    default: return refusal
    }
  }

  /// Whether `host`, with or without a port, is a name of the loopback.
  private func knows(_ host: String) -> Bool {
    var name = host.lowercased()[...]
    if name.hasPrefix("[") {
      guard let end = name.firstIndex(of: "]") else { return false }
      name = name[name.index(after: name.startIndex)..<end]
      return name == "::1"
    }
    if let colon = name.firstIndex(of: ":") {
      guard name[name.index(after: colon)...].allSatisfy({ $0.isASCII && $0.isNumber }) else {
        return false
      }
      name = name[..<colon]
    }
    if name == "localhost" || settings.hosts.contains(String(name)) { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
