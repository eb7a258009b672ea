import Competition
import HTTPClient
import Synchronization
import Testing

@testable import PriceFeed

@Suite struct HTTPFetcherTests {
  @Test func aGoodAnswerComesBackWhole() throws {
    let server = try ScriptedServer { .answer(200, "hello from \($0)") }
    defer { server.stop() }
    let answer = try HTTPFetcher().get(server.url("/a?b=c"))
    #expect(answer.status == 200)
    #expect(String(decoding: answer.body, as: UTF8.self) == "hello from /a?b=c")
  }

  @Test func oneFetcherServesManyRequestsAlsoAfterAFailure() throws {
    let server = try ScriptedServer { $0 == "/bad" ? .answer(500, "no") : .answer(200, $0) }
    defer { server.stop() }
    let fetcher = try HTTPFetcher()
    for path in ["/1", "/bad", "/2", "/3"] {
      let body = try? fetcher.get(server.url(path)).body
      #expect(body.map { String(decoding: $0, as: UTF8.self) } == (path == "/bad" ? nil : path))
    }
  }

  @Test func gzipIsDecompressed() throws {
    // `{"timestamp":[60],"close":[1.5]}` by gzip.
    let bytes: [UInt8] = [
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x2a, 0xc9, 0xcc,
      0x4d, 0x2d, 0x2e, 0x49, 0xcc, 0x2d, 0x50, 0xb2, 0x8a, 0x36, 0x33, 0x88, 0xd5, 0x51, 0x4a,
      0xce, 0xc9, 0x2f, 0x4e, 0x05, 0x72, 0x0c, 0xf5, 0x4c, 0x63, 0x6b, 0x01, 0x9c, 0x33, 0x16,
      0xad, 0x20, 0x00, 0x00, 0x00,
    ]
    let server = try ScriptedServer { _ in
      .answer(200, bytes: bytes, headers: ["Content-Encoding: gzip"])
    }
    defer { server.stop() }
    let body = try HTTPFetcher().get(server.url()).body
    #expect(String(decoding: body, as: UTF8.self) == #"{"timestamp":[60],"close":[1.5]}"#)
  }

  @Test func aStatusOtherThan2xxIsAnErrorThatQuotesTheServer() throws {
    let server = try ScriptedServer { $0 == "/404" ? .answer(404, "no\nsuch") : .answer(503, "") }
    defer { server.stop() }
    let missing = error { try HTTPFetcher().get(server.url("/404")) }
    #expect(missing?.code == .status)
    #expect(missing?.status == 404)
    #expect(missing?.detail == "404: no such")
    #expect(missing?.isWorthRetrying == false)
    let broken = error { try HTTPFetcher().get(server.url("/503")) }
    #expect(broken?.status == 503)
    #expect(broken?.isWorthRetrying == true)
  }

  @Test func redirectsAreFollowedUpToTheLimitAndNeverToAFile() throws {
    let server = try ScriptedServer { target in
      let next =
        switch target {
        case "/loop": "/loop"
        case "/file": "file:///etc/hostname"
        case "/1": "/2"
        default: ""
        }
      return next.isEmpty
        ? .answer(200, "end") : .answer(302, "moved", headers: ["Location: \(next)"])
    }
    defer { server.stop() }
    let fetcher = try HTTPFetcher()
    let body = try fetcher.get(server.url("/1")).body
    #expect(String(decoding: body, as: UTF8.self) == "end")
    #expect(error { try fetcher.get(server.url("/loop")) }?.code == .tooManyRedirects)
    #expect(server.targets.filter { $0 == "/loop" }.count == 6)
    #expect(error { try fetcher.get(server.url("/file")) }?.code == .badURL)
    var none = HTTPLimits()
    none.redirectsMax = 0
    #expect(error { try fetcher.get(server.url("/1"), limits: none) }?.status == 302)
  }

  @Test func aSilentServerEndsAtTheDeadline() throws {
    let server = try ScriptedServer { _ in .staySilent }
    defer { server.stop() }
    let start = MonotonicInstant.now()
    let failure = error {
      try HTTPFetcher().get(server.url(), limits: HTTPLimits(timeout: .milliseconds(200)))
    }
    #expect(failure?.code == .timedOut)
    #expect(failure?.curlCode == 28)
    #expect(failure?.isWorthRetrying == true)
    let waited = MonotonicInstant.now().since(start)
    #expect(waited >= .milliseconds(190))
    #expect(waited < .seconds(5))
  }

  @Test func aBodyOfTheLimitPassesAndOneByteMoreDoesNot() throws {
    let server = try ScriptedServer { target in
      .answer(200, String(repeating: "x", count: target == "/at" ? 1_000 : 1_001))
    }
    defer { server.stop() }
    var limits = HTTPLimits()
    limits.bodyBytesMax = 1_000
    #expect(try HTTPFetcher().get(server.url("/at"), limits: limits).body.count == 1_000)
    #expect(
      error { try HTTPFetcher().get(server.url("/past"), limits: limits) }?.code == .bodyTooLarge)
  }

  @Test func endlessBodiesAndHeadersAreCutOff() throws {
    let server = try ScriptedServer { target in
      target == "/body"
        ? .sendForever(head: "HTTP/1.1 200 OK\r\n\r\n", piece: "0123456789")
        : .sendForever(head: "HTTP/1.1 200 OK\r\n", piece: "X-Filler: 0123456789\r\n")
    }
    defer { server.stop() }
    var limits = HTTPLimits()
    limits.bodyBytesMax = 100_000
    limits.headerBytesMax = 20_000
    let fetcher = try HTTPFetcher()
    #expect(error { try fetcher.get(server.url("/body"), limits: limits) }?.code == .bodyTooLarge)
    let headers = error { try fetcher.get(server.url("/headers"), limits: limits) }
    #expect(headers?.code == .headersTooLarge)
  }

  @Test func anotherThreadCancelsAWaitingRequestAtOnce() throws {
    let hasArrived = Flag()
    let server = try ScriptedServer { _ in
      hasArrived.value.store(true, ordering: .relaxed)
      return .staySilent
    }
    defer { server.stop() }
    let start = MonotonicInstant.now()
    var waits = 0
    let failure = error {
      try HTTPFetcher().get(
        server.url(), limits: HTTPLimits(timeout: .seconds(60)),
        isCancelled: {
          // Ten looks in the silence: libcurl's own timers wake the first few of them.
          if hasArrived.value.load(ordering: .relaxed) { waits += 1 }
          return waits == 10
        })
    }
    #expect(failure?.code == .cancelled)
    #expect(MonotonicInstant.now().since(start) < .seconds(5))
  }

  @Test func refusedUnresolvedAndForeignServersAreNamed() throws {
    let server = try ScriptedServer { _ in .send(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)) }
    let fetcher = try HTTPFetcher()
    let foreign = error { try fetcher.get(server.url()) }
    #expect(foreign?.code == .transport)
    server.stop()
    #expect(error { try fetcher.get("http://127.0.0.1:1/") }?.code == .refused)
    #expect(error { try fetcher.get("http://nobody.invalid/") }?.code == .unresolvedHost)
    for address in ["ftp://127.0.0.1/", "file:///etc/hostname", "http://", "", "http://a b/"] {
      #expect(error { try fetcher.get(address) }?.code == .badURL, "\(address)")
    }
  }

  @Test(arguments: [
    ("http://me:secret@127.0.0.1:1/v1/prices?key=secret#secret", "http://127.0.0.1:1/v1/prices"),
    ("http://me:sec/ret@127.0.0.1:1/v1", "http://127.0.0.1:1/v1"),
    ("http://me:sec?ret@127.0.0.1:1/v1", "http://127.0.0.1:1/v1"),
    ("me:secret@127.0.0.1/v1", "127.0.0.1/v1"),
    ("http://127.0.0.1:1", "http://127.0.0.1:1"),
  ])
  func errorsNeverShowCredentials(url: String, shown: String) throws {
    #expect(HTTPFetcher.publicAddress(of: url) == shown)
    let failure = try #require(
      error { try HTTPFetcher().get(url, limits: HTTPLimits(timeout: .milliseconds(500))) })
    #expect(!"\(failure)".contains("secret"))
  }

  private func error(_ body: () throws -> HTTPAnswer) -> HTTPError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? HTTPError
    }
  }
}

private final class Flag: Sendable { let value = Atomic<Bool>(false) }
