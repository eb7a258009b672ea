import Competition
import EventLoop
import Resilience
import Testing

@testable import Orchestration

@Test func aNewClientHearsWhatRunsAndThenWhatChanges() async throws {
  try await withFeed { feed in
    try await feed.use {
      $0.publisher.setModels(
        crunchID: "game", [feedEntry("1"), feedEntry("2", .recovering), feedEntry("3")])
      $0.publisher.setModels(crunchID: "other", [feedEntry("9")])
      try $0.join("/game/")
      try $0.join("/other")
    }
    #expect(await feed.eventually { $0.clients[1].texts.isEmpty ? nil : true } == true)
    #expect(await feed.eventually { $0.clients[0].texts.isEmpty ? nil : true } == true)
    await feed.use {
      $0.publisher.update(crunchID: "game", [feedEntry("1", .stopped)])
      $0.publisher.update(crunchID: "game", [feedEntry("2", deployment: "e")])
    }
    #expect(
      await feed.eventually {
        $0.clients[0].texts.count == 2 ? $0.clients[0].entries("update") : nil
      }
        == ["1 STOPPED d", "2 RUNNING e"])
    await feed.use {
      #expect($0.clients[0].entries("init") == ["1 RUNNING d", "3 RUNNING d"])
      #expect($0.clients[1].entries("init") == ["9 RUNNING d"])
      #expect($0.clients[1].texts.count == 1, "another crunch's news are none of its business")
    }
  }
}

@Test func anUnknownCrunchHasNoModels() async throws {
  try await withFeed { feed in
    try await feed.use { try $0.join("/nobody") }
    #expect(
      await feed.eventually { $0.clients[0].texts.first } == #"{"event":"init","data":[]}"#)
  }
}

@Test(arguments: ["/", "//"])
func anEmptyPathGetsTheErrorAndAClose(path: String) async throws {
  try await withFeed { feed in
    try await feed.use { try $0.join(path) }
    #expect(await feed.eventually { $0.clients[0].hasEnded ? true : nil } == true)
    await feed.use {
      #expect(
        $0.clients[0].texts == [
          #"{"error":"crunch_id is required and is expected in the path as /<crunch_id>"}"#
        ])
      #expect($0.clients[0].closeCode == 1_000)
      #expect($0.publisher.clientCount == 0)
    }
  }
}

@Test(arguments: [
  ("GET /game HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 Upgrade Required\r\n"),
  ("SSH-2.0-OpenSSH_9\r\n\r\n", "HTTP/1.1 400"),
  (String(repeating: "x", count: 20_000), "HTTP/1.1 4"),
])
func whoDoesNotSpeakWebSocketIsToldAndClosed(request: String, answer: String) async throws {
  try await withFeed { feed in
    try await feed.use { try $0.send(request) }
    #expect(await feed.eventually { $0.clients[0].hasEnded ? true : nil } == true)
    await feed.use { #expect($0.clients[0].raw.hasPrefix(answer), "\($0.clients[0].raw)") }
  }
}

@Test func reportsAreTakenForModelsOfTheSendersCrunchOnly() async throws {
  try await withFeed { feed in
    try await feed.use {
      $0.publisher.setModels(crunchID: "game", [feedEntry("1")])
      $0.publisher.setModels(crunchID: "other", [feedEntry("2")])
      try $0.join()
    }
    #expect(await feed.eventually { $0.clients[0].texts.first } != nil)
    await feed.use {
      $0.clients[0].send("nonsense")
      $0.clients[0].send(#"{"event":"hello"}"#)
      $0.clients[0].send(#"{"event":"report_failure","data":5}"#)
      $0.clients[0].report("2")
      $0.clients[0].report("1", "NO_SUCH_CODE")
      $0.clients[0].report("1", "LOW_PERFORMANCE")
    }
    #expect(
      await feed.eventually { $0.reports.isEmpty ? nil : $0.reports } == [
        FailureReport(
          modelID: ModelID("1"), code: .lowPerformance, reason: "why", host: "127.0.0.1")
      ])
    await feed.use { #expect($0.publisher.clientCount == 1, "nonsense is no reason to close yet") }
  }
}

@Test func aClientThatTalksNonsenseWithoutEndIsDropped() async throws {
  var options = FeedOptions()
  options.refusalsMax = 3
  try await withFeed(options) { feed in
    try await feed.use { try $0.join() }
    #expect(await feed.eventually { $0.clients[0].texts.first } != nil)
    await feed.use { feed in for _ in 0..<4 { feed.clients[0].send("nonsense") } }
    #expect(await feed.eventually { $0.clients[0].closeCode } == 1_008)
  }
}

@Test func aClientThatSaysNothingIsDroppedAfterItsTime() async throws {
  var options = FeedOptions()
  options.handshakeTimeout = .milliseconds(50)
  try await withFeed(options) { feed in
    try await feed.use { try $0.send("") }
    #expect(await feed.eventually { $0.clients[0].hasEnded ? true : nil } == true)
  }
}

@Test func clientsBeyondTheLimitAreTurnedAway() async throws {
  var options = FeedOptions()
  options.clientsMax = 1
  try await withFeed(options) { feed in
    try await feed.use { try $0.join() }
    #expect(await feed.eventually { $0.clients[0].texts.first } != nil)
    try await feed.use { try $0.join() }
    #expect(await feed.eventually { $0.clients[1].hasEnded ? true : nil } == true)
    await feed.use { #expect(!$0.clients[0].hasEnded) }
  }
}

/// Raw upgrade of a client that never answers anything afterwards.
private let upgrade =
  "GET /game HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
  + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

@Test func aClientThatAnswersNoPingIsDroppedAndOneThatDoesStays() async throws {
  var options = FeedOptions()
  options.pingInterval = .milliseconds(30)
  options.pingTimeout = .milliseconds(500)
  try await withFeed(options) { feed in
    try await feed.use {
      try $0.join()
      try $0.send(upgrade)
    }
    #expect(await feed.eventually { $0.clients[1].hasEnded ? true : nil } == true)
    await feed.use {
      #expect($0.publisher.clientCount == 1)
      #expect(!$0.clients[0].hasEnded)
    }
  }
}

@Test func aClientThatDoesNotReadIsDroppedAtTheBoundAndOthersAreNot() async throws {
  var options = FeedOptions()
  options.queuedBytesMax = 256 << 10
  try await withFeed(options) { feed in
    let slow = try await feed.use { try SilentClient($0.publisher.address, saying: upgrade) }
    try await feed.use { try $0.join() }
    #expect(
      await feed.eventually {
        $0.clients[0].texts.first != nil && $0.publisher.clientCount == 2 ? true : nil
      } == true)
    // What fills the kernel's buffers and then the queue.
    let dropped = await feed.eventually { feed -> Bool? in
      let name = String(repeating: "x", count: 100_000)
      let round = feed.clients[0].texts.count
      feed.publisher.update(crunchID: "game", [feedEntry("1", deployment: "\(round)\(name)")])
      return feed.publisher.clientCount == 1 ? true : nil
    }
    #expect(dropped == true)
    await feed.use { #expect(!$0.clients[0].hasEnded) }
    slow.close()
  }
}
