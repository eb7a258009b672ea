import Competition
import EventLoop
import Foundation
import GatewayTestSupport
import TLSEngine
import Testing

@testable import Updraft

/// A front's connections: who gets one, and what happens when a side is slow or leaves.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct FrontConnectionTests {
  /// 64 MB; the kernel's buffers hold some megabytes.
  private static let pieces = 250
  /// What a stuck direction may cost: the lane's one read and one more, and TLS's own.
  private static let memoryBytesMax = 16 << 20

  private var total: Int { Self.pieces * Flood.pieceBytes }

  /// Memory of this process that is in use, bytes.
  private static func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1])) * 4_096
  }

  private func connect(_ bench: LoopBound<FrontBench>, _ keys: FrontKeys) async throws {
    let count = await bench.run { $0.clients.count }
    try await bench.run { bench in Result { try bench.connect(keys.client) } }.get()
    try await bench.wait("client \(count) and its model are connected") {
      $0.clients[count].transport.isOpen && $0.models.count > count
    }
  }

  @Test func theSixtyFifthClientIsTurnedAwayAndOneThatLeavesMakesRoom() async throws {
    try await withFront { bench, keys, log in
      for _ in 0..<TLSFront.connectionsMax { try await connect(bench, keys) }
      try await bench.run { bench in Result { try bench.connect(keys.client) } }.get()
      try await bench.wait("the one too many is told") { $0.clients.last?.end != nil }
      #expect(await bench.run { $0.front.connectionCount } == TLSFront.connectionsMax)
      #expect(await bench.run { $0.models.count } == TLSFront.connectionsMax)
      #expect(log.contains("client turned away", "there are 64 connections, the most at once"))
      #expect(await bench.run { $0.clients.filter { $0.end == nil }.count } == 64, "others stay")

      await bench.run { $0.clients[0].transport.close() }
      try await bench.wait("its place is free") { $0.front.connectionCount == 63 }
      try await bench.run { bench in Result { try bench.connect(keys.client) } }.get()
      try await bench.wait("the next one is taken") { $0.clients.last?.transport.isOpen == true }
    }
  }

  @Test func aClientThatDoesNotReadHoldsItsModelBackAndGetsEverythingLater() async throws {
    let total = total
    try await withFront { bench, keys, _ in
      try await connect(bench, keys)
      let before = try Self.residentBytes()
      await bench.run {
        $0.clients[0].transport.pauseReading()
        $0.models[0].send(pieces: Self.pieces)
      }
      let sent = try await bench.settle { $0.models[0].stream.bytesWritten }
      #expect(sent < total, "the model had to wait")
      #expect(try Self.residentBytes() - before < Self.memoryBytesMax)
      await bench.run { $0.clients[0].transport.resumeReading() }
      try await bench.wait("everything has arrived") { $0.clients[0].receivedCount >= total }
      #expect(await bench.run { $0.clients[0].receivedCount } == total)
    }
  }

  @Test func aModelThatDoesNotReadHoldsItsClientBackAndGetsEverythingLater() async throws {
    let total = total
    try await withFront { bench, keys, _ in
      try await connect(bench, keys)
      let before = try Self.residentBytes()
      await bench.run {
        $0.models[0].stream.pauseReading()
        $0.clients[0].send(pieces: Self.pieces)
      }
      _ = try await bench.settle { $0.models[0].receivedCount }
      #expect(await bench.run { $0.clients[0].transport.isWriteQueued }, "the client had to wait")
      #expect(try Self.residentBytes() - before < Self.memoryBytesMax)
      await bench.run { $0.models[0].stream.resumeReading() }
      try await bench.wait("everything has arrived") { $0.models[0].receivedCount >= total }
      #expect(await bench.run { $0.models[0].receivedCount } == total)
    }
  }

  @Test func theLastWordsOfAModelThatLeavesReachASlowClientAndThenItEnds() async throws {
    try await withFront { bench, keys, _ in
      try await connect(bench, keys)
      let pieces = 20
      await bench.run {
        $0.clients[0].transport.pauseReading()
        $0.models[0].send(pieces: pieces, thenClose: true)
      }
      try await bench.wait("the model has left") { $0.models[0].stream.isClosed }
      await bench.run { $0.clients[0].transport.resumeReading() }
      try await bench.wait("the client's connection ends") { $0.clients[0].end != nil }
      #expect(await bench.run { $0.clients[0].receivedCount } == pieces * Flood.pieceBytes)
      #expect(await bench.run { $0.clients[0].end } == "", "in order")
      #expect(await bench.run { $0.front.connectionCount } == 0)
    }
  }

  @Test func aModelThatEndsOnlyItsOwnDirectionIsEnded() async throws {
    let peer = try BlockingPeer { connection in
      connection.send(WireFrame.settings)
      connection.endOutput()
      connection.holdStill()
    }
    defer { peer.stop() }
    try await withFront(model: .port(peer.port)) { bench, keys, _ in
      try await bench.run { bench in Result { try bench.connect(keys.client) } }.get()
      try await bench.wait("both sides have ended") {
        $0.clients[0].end != nil && peer.servedCount == 1
      }
      #expect(await bench.run { $0.clients[0].end } == "", "in order")
      #expect(await bench.run { $0.clients[0].receivedCount } == WireFrame.settings.count)
    }
  }

  @Test func aClientThatLeavesEndsItsModelsConnectionAlone() async throws {
    try await withFront { bench, keys, _ in
      try await connect(bench, keys)
      try await connect(bench, keys)
      await bench.run {
        $0.models[0].send(pieces: Self.pieces)
        $0.clients[0].transport.close()
      }
      try await bench.wait("the model is told") { $0.models[0].hasEnded }
      #expect(await bench.run { $0.front.connectionCount } == 1)
      await bench.run { $0.models[1].send(pieces: 1) }
      try await bench.wait("the other goes on") {
        $0.clients[1].receivedCount == Flood.pieceBytes
      }
    }
  }

  @Test func aModelThatIsAwayEndsTheClientAndIsTold() async throws {
    try await withFront(model: .away) { bench, keys, log in
      try await bench.run { bench in Result { try bench.connect(keys.client) } }.get()
      try await bench.wait("the client is ended") { $0.clients[0].end != nil }
      #expect(log.contains("model not reached", "connection refused"))
      #expect(await bench.run { $0.front.connectionCount } == 0)
    }
  }

  @Test func aClientOfAnotherAuthorityIsRefusedBeforeTheModelHearsOfIt() async throws {
    try await withFront { bench, keys, log in
      var files = try keys.certificates.issue("stranger", by: "other")
      files.ca = keys.client.ca
      let stranger = files
      try await bench.run { bench in Result { try bench.connect(stranger) } }.get()
      try await bench.wait("the client is told") { $0.clients[0].end != nil }
      #expect(await bench.run { $0.clients[0].end ?? "" }.contains("unknown CA"))
      #expect(log.contains("client refused", "Scratch other"))
      #expect(await bench.run { $0.models.isEmpty })
    }
  }
}
