import Identity
import Testing

@testable import Orchestration

private func status(
  _ method: String = "GET", _ target: String = "/models", host: String? = "127.0.0.1:8001",
  origin: String? = nil, fetchSite: String? = nil, authorization: String? = nil,
  _ settings: APISettings = APISettings(), token: String? = nil
) throws -> Int? {
  var request = APIRequest(method, target)
  (request.host, request.origin, request.fetchSite) = (host, origin, fetchSite)
  request.authorization = authorization
  let token = try token.map { try BearerToken($0) }
  return APIGuard(settings, token: token).refusal(of: request)?.status
}

@Test(arguments: [
  "127.0.0.1", "127.0.0.1:8001", "localhost:8001", "LOCALHOST", "[::1]:8001", "127.1.2.3:80",
])
func theLoopbacksOwnNamesAreServed(host: String) throws { #expect(try status(host: host) == nil) }

@Test(arguments: [
  "evil.example", "evil.example:8001", "127.0.0.1.evil.example", "localhost.evil.example:8001",
  "10.0.0.1:8001", "[::2]:8001", "127.0.0.1:8001:evil", "127.evil.0.1", "localhost:80@evil", "[::1",
])
func anotherNameIsRefusedSinceItMayBeAnAttackers(host: String) throws {
  #expect(try status(host: host) == 421)
}

@Test func aRequestWithoutAHostIsRefused() throws {
  #expect(try status(host: nil) == 400)
  #expect(try status(host: "") == 400)
}

@Test func aNameOfTheConfigurationIsServed() throws {
  var settings = APISettings()
  settings.hosts = ["orchestrator"]
  #expect(try status(host: "orchestrator:8001", settings) == nil)
  #expect(try status(host: "other:8001", settings) == 421)
}

@Test func pagesOfOtherOriginsAreRefusedUnlessTheyAreListed() throws {
  #expect(try status(origin: "http://127.0.0.1:8001") == nil)
  for origin in ["http://evil.example", "http://127.0.0.1:3000", "http://localhost:8001", "null"] {
    #expect(try status("POST", origin: origin) == 403, "\(origin)")
  }
  var settings = APISettings()
  settings.origins = ["http://localhost:3000"]
  #expect(try status(origin: "http://localhost:3000", fetchSite: "same-site", settings) == nil)
  #expect(try status(origin: "http://localhost:3001", settings) == 403)
  #expect(try status(fetchSite: "same-origin") == nil)
  #expect(try status(fetchSite: "none") == nil)
  #expect(try status(fetchSite: "cross-site") == 403)
  #expect(try status(fetchSite: "same-site") == 403)
}

@Test func aTokenIsAskedForEverythingButHealth() throws {
  let token = "0123456789abcdef"
  #expect(try status(token: token) == 401)
  #expect(try status(authorization: "Bearer \(token)", token: token) == nil)
  #expect(try status(authorization: "bearer \(token)", token: token) == nil)
  for wrong in ["Bearer \(token)0", "Bearer ", token, "Basic \(token)", "Bearer 0123456789abcdeF"] {
    #expect(try status(authorization: wrong, token: token) == 401, "\(wrong)")
  }
  #expect(try status("GET", "/healthz", token: token) == nil)
  #expect(try status("GET", "/healthz/../models", token: token) == 401)
}

@Test func aListedOriginMayAskWhatItMay() {
  var settings = APISettings()
  settings.origins = ["http://localhost:3000"]
  let entrance = APIGuard(settings, token: nil)
  var request = APIRequest("OPTIONS", "/models")
  #expect(entrance.preflight(request).status == 403)
  request.origin = "http://localhost:3000"
  #expect(entrance.preflight(request).status == 204)
  #expect(entrance.headers(for: request).contains { $0.name == "Access-Control-Allow-Origin" })
  request.origin = "http://evil"
  #expect(!entrance.headers(for: request).contains { $0.name == "Access-Control-Allow-Origin" })
}

@Test func everyPathHasItsRouteAndNoOther() throws {
  #expect(try APIRoute("GET", "/healthz") == .health)
  #expect(try APIRoute("GET", "/models") == .list)
  #expect(try APIRoute("GET", "/models/") == .list)
  #expect(try APIRoute("POST", "/models") == .add)
  #expect(try APIRoute("PATCH", "/models/1") == .update("1"))
  #expect(try APIRoute("DELETE", "/models/a-1_b.c") == .remove("a-1_b.c"))
  #expect(
    try APIRoute("GET", "/models/logs/runner/1") == .log(LogJob(kind: .runner, name: "1")))
  #expect(try APIRoute("OPTIONS", "/models/1") == .preflight)
  for path in [
    "/", "", "/model", "/models/..", "/models/%2e%2e", "/models/1/x", "/models/logs/runner/",
    "/models/logs/runner/../../etc/passwd", "/models/logs/other/1", "/models/logs/runner/.hidden",
    "//models", "/models/logs/runner/a%00b",
  ] {
    #expect(throws: APIRefusal.notFound, "\(path)") { try APIRoute("GET", path[...]) }
  }
  #expect(throws: APIRefusal(405, "Method Not Allowed")) { try APIRoute("PUT", "/models") }
}
