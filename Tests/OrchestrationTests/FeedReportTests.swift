import Competition
import EventLoop
import Glibc
import Identity
import Testing

@testable import Orchestration

private let secret = "0123456789abcdef0123456789abcdef"

/// An address of this machine that isn't loopback; nil when it has none.
private let outsideAddress: String? = {
  var list: UnsafeMutablePointer<ifaddrs>?
  guard getifaddrs(&list) == 0 else { return nil }
  defer { freeifaddrs(list) }
  for entry in sequence(first: list, next: { $0?.pointee.ifa_next }) {
    guard let address = entry?.pointee.ifa_addr, Int32(address.pointee.sa_family) == AF_INET
    else { continue }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      getnameinfo(
        address, socklen_t(MemoryLayout<sockaddr_in>.size), &text, socklen_t(text.count), nil, 0,
        NI_NUMERICHOST) == 0
    else { continue }
    let host = String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if !host.hasPrefix("127.") { return host }
  }
  return nil
}()

/// Waits until client `index` has heard the list.
private func hasList(_ feed: OnLoop<Feed>, _ index: Int) async -> Bool {
  await feed.eventually { $0.clients[index].texts.isEmpty ? nil : true } == true
}

@Test(.enabled(if: outsideAddress != nil, "this machine has the loopback address only"))
func withoutATokenOnlyThisMachineMayReport() async throws {
  let outside = try #require(outsideAddress)
  try await withFeed(isPublic: true) { feed in
    try await feed.use {
      $0.publisher.setModels(crunchID: "game", [feedEntry("1"), feedEntry("2")])
      try $0.join(at: outside, authorization: "Bearer \(secret)")
      try $0.join()
    }
    #expect(await hasList(feed, 0))
    #expect(await hasList(feed, 1))
    await feed.use { $0.clients[0].report("1") }
    #expect(
      await feed.eventually { $0.publisher.counts.forbiddenReports == 1 ? true : nil } == true)
    await feed.use { $0.clients[1].report("2") }
    #expect(
      await feed.eventually { $0.reports.isEmpty ? nil : $0.reports.map(\.modelID.rawValue) }
        == ["2"])
    await feed.use { #expect(!$0.clients[0].hasEnded, "one forged report is no reason to close") }
  }
}

@Test func aTokenIsAskedOfThisMachinesProgramsToo() async throws {
  var options = FeedOptions()
  options.token = try BearerToken(secret)
  // Basic: base64 of `coordinator:` and the token.
  let basic = "Basic Y29vcmRpbmF0b3I6MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
  let shown = [nil, "Bearer \(secret)0", "Bearer \(secret)", basic]
  try await withFeed(options) { feed in
    try await feed.use { feed in
      feed.publisher.setModels(crunchID: "game", (0..<4).map { feedEntry("\($0)") })
      for authorization in shown { try feed.join(authorization: authorization) }
    }
    for index in shown.indices { #expect(await hasList(feed, index), "reading is free") }
    await feed.use { feed in
      for (index, client) in feed.clients.enumerated() { client.report("\(index)") }
    }
    #expect(
      await feed.eventually { feed -> [String]? in
        guard feed.reports.count == 2, feed.publisher.counts.forbiddenReports == 2 else {
          return nil
        }
        return feed.reports.map(\.modelID.rawValue).sorted()
      } == ["2", "3"])
    await feed.use { #expect($0.publisher.counts.reports == [.multipleFailed: 2]) }
  }
}

@Test func aFloodOfReportsEndsItsSenderAndNobodyElse() async throws {
  var options = FeedOptions()
  options.reportsMax = 5
  options.reportsPerSecond = 0
  try await withFeed(options) { feed in
    try await feed.use {
      $0.publisher.setModels(crunchID: "game", [feedEntry("1")])
      try $0.join()
      try $0.join()
    }
    #expect(await hasList(feed, 0))
    #expect(await hasList(feed, 1))
    await feed.use { feed in for _ in 0..<20 { feed.clients[0].report("1") } }
    #expect(await feed.eventually { $0.clients[0].closeCode } == 1_008)
    #expect(
      await feed.eventually { $0.publisher.clientCount == 1 ? $0.reports.count : nil } == 5)
    await feed.use {
      #expect(!$0.clients[1].hasEnded)
      #expect($0.publisher.counts.drops == [.unruly: 1])
    }
  }
}

@Test(arguments: [(1_000, 1_009), (1 << 21, 1_009)])
func aMessageThatIsTooLargeEndsWith1009(byteCount: Int, code: UInt16) async throws {
  var options = FeedOptions()
  if byteCount < options.messageBytesMax { options.messageBytesMax = byteCount - 1 }
  try await withFeed(options) { feed in
    try await feed.use {
      try $0.join()
      try $0.join()
    }
    #expect(await hasList(feed, 0))
    #expect(await hasList(feed, 1))
    await feed.use { $0.clients[0].send(String(repeating: "x", count: byteCount)) }
    #expect(await feed.eventually { $0.clients[0].closeCode } == code)
    #expect(await feed.eventually { $0.publisher.counts.drops[.unruly] } == 1)
    await feed.use { #expect(!$0.clients[1].hasEnded) }
  }
}

@Test func anAllowanceIsRefilledAsTimeGoesBy() {
  let start = MonotonicInstant(nanoseconds: 1_000_000_000)
  var allowance = Allowance(most: 2, perSecond: 0.5, at: start)
  let taken = [0, 0, 0, 1, 2, 2, 1_000, 1_000, 1_000].map {
    allowance.take(at: start.advanced(by: .seconds($0)))
  }
  #expect(taken == [true, true, false, false, true, false, true, true, false])
}
