import Resilience
import Testing

@testable import WebSocket

@Test(arguments: [1, 2, 7, 64, 5_000, 1 << 20])
func textsTravelBothWaysHoweverTheBytesAreCut(portionMax: Int) throws {
  var wire = Wire(portionMax: portionMax, seed: UInt64(portionMax))
  wire.run()
  var events = wire.takeEvents()
  #expect(events.client == [.upgraded(path: "/condorgame")])
  #expect(events.server == [.upgraded(path: "/condorgame")])
  let texts = [0, 1, 125, 126, 127, 4_096, 65_535, 65_536, 100_000].map { byteCount in
    Array(String(repeating: "é", count: byteCount / 2).utf8)
      + (byteCount % 2 == 0 ? [] : [UInt8(ascii: "x")])
  }
  for text in texts {
    #expect(wire.client.sendText(text) == .queued)
    #expect(wire.server.sendText(text) == .queued)
  }
  wire.run()
  events = wire.takeEvents()
  #expect(events.client == texts.map { .text($0) })
  #expect(events.server == texts.map { .text($0) })
}

@Test(arguments: [1, 3, 1 << 20])
func pingsAreAnsweredAndPongsTold(portionMax: Int) {
  var wire = Wire.open(portionMax: portionMax)
  #expect(wire.client.sendPing() == .queued)
  #expect(wire.server.sendPing() == .queued)
  wire.run()
  let events = wire.takeEvents()
  #expect(events.client == [.pong])
  #expect(events.server == [.pong])
}

@Test(arguments: [1, 3, 1 << 20], [true, false])
func aCloseIsAnsweredAndBothEndsAreOver(portionMax: Int, byClient: Bool) {
  var wire = Wire.open(portionMax: portionMax)
  let (closer, other) = byClient ? (wire.client, wire.server) : (wire.server, wire.client)
  closer.close(code: 4001, reason: "enough for today")
  #expect(closer.sendText("late".utf8) == .notOpen)
  #expect(!closer.isClosed)
  wire.run()
  let events = wire.takeEvents()
  #expect(events.client == [.closed(code: 4001, reason: "enough for today")])
  #expect(events.server == [.closed(code: 4001, reason: "enough for today")])
  #expect(closer.isClosed && other.isClosed)
  #expect(other.sendText("late".utf8) == .notOpen)
  #expect(other.sendPing() == .notOpen)
  #expect(other.transportEnded().isEmpty)
  #expect(other.receive(frame(1, [0x61])).isEmpty)
}

@Test func aCloseReasonCutInsideACharacterIsStillAClose() {
  let close = frame(8, [0x0F, 0xA1] + Array("é😀é".utf8))
  for cut in 1..<close.count {
    let server = openServer()
    let events = server.receive(close[..<cut]) + server.receive(close[cut...])
    guard case .closed(let code, _)? = events.first else {
      Issue.record("cut at \(cut): \(events)")
      continue
    }
    #expect(code == 4001 || code == 1005)
    #expect(events.count == 1)
    #expect(server.isClosed)
  }
}

@Test func aCloseCodeThatMayNotBeSentIsNeverTold() {
  let close = frame(8, [0xFF, 0x09, 0x41, 0x41, 0xFF])
  for cut in 1..<close.count {
    let server = openServer()
    let events = server.receive(close[..<cut]) + server.receive(close[cut...])
    if case .failed(let error)? = events.first {
      #expect(error.code == .protocolViolation)
    } else {
      #expect(events == [.closed(code: 1005, reason: "")], "cut at \(cut)")
    }
    #expect(server.isClosed)
  }
}

@Test func closeCodesThatMayNotBeSentBecomeNormalAndReasonsAreCutAtACharacter() {
  var wire = Wire.open()
  wire.client.close(code: 1006, reason: String(repeating: "é", count: 100))
  wire.run()
  let reason = String(repeating: "é", count: 61)
  #expect(wire.takeEvents().server == [.closed(code: 1000, reason: reason)])
}

@Test func aCloseWithoutCodeIsToldAs1005() {
  let server = openServer()
  #expect(server.receive(frame(8, [])) == [.closed(code: 1005, reason: "")])
  #expect(server.takeOutput() == frame(8, [], mask: nil))
}

@Test func closingInTheHandshakeEndsAtOnce() {
  let client = WebSocketConnection.client(host: "h", port: 1, path: "/")
  client.close(code: 1000, reason: "")
  #expect(client.isClosed && !client.hasOutput)
  #expect(client.transportEnded().isEmpty)
}

@Test func theEndOfTheTransportIsToldOnce() {
  let server = openServer()
  #expect(server.transportEnded() == [.closed(code: 1006, reason: "")])
  #expect(server.transportEnded().isEmpty)
  #expect(server.isClosed)
  let client = WebSocketConnection.client(host: "h", port: 1, path: "/")
  guard case .failed(let error)? = client.transportEnded().first else {
    Issue.record("no failure")
    return
  }
  #expect(error.code == .transportEnded)
}

@Test func fragmentsAreJoinedAroundControlFrames() {
  let server = openServer()
  let euro = Array("€".utf8)
  let bytes =
    frame(1, [euro[0]], isFinal: false) + frame(9, [7, 8]) + frame(0, [], isFinal: false)
    + frame(0, [euro[1]], isFinal: false) + frame(10, []) + frame(0, [euro[2]])
    + frame(2, [0xFF], isFinal: false) + frame(0, [0xFE, 0xFD]) + frame(1, [])
  var generator = SplitMix64(seed: 3)
  let events = server.receive(bytes, portionMax: 2, &generator)
  #expect(events == [.pong, .text(euro), .binary(count: 3), .text([])])
  #expect(server.takeOutput() == frame(10, [7, 8], mask: nil))
}

@Test func clientsMaskWithFreshRandomBytesAndServersDoNot() {
  let wire = Wire.open()
  let text = Array("aaaaaaaa".utf8)
  _ = wire.client.sendText(text)
  let first = wire.client.takeOutput()
  _ = wire.client.sendText(text)
  let second = wire.client.takeOutput()
  #expect(first.count == 14 && first[1] == 0x88)
  #expect(first[2..<6] != second[2..<6])
  _ = wire.server.sendText(text)
  #expect(wire.server.takeOutput() == frame(1, text, mask: nil))
}

@Test func nothingCanBeSentBeforeTheHandshakeIsDone() {
  let client = WebSocketConnection.client(host: "h", port: 1, path: "/")
  #expect(client.sendText("x".utf8) == .notOpen)
  #expect(client.sendPing() == .notOpen)
  #expect(WebSocketConnection.server().sendText("x".utf8) == .notOpen)
}

@Test func sendTextTakesCollectionsThatAreNotContiguous() {
  let server = openServer()
  #expect(server.sendText([0x61, 0x62, 0x63].lazy.map { $0 }) == .queued)
  #expect(server.takeOutput() == frame(1, Array("abc".utf8), mask: nil))
}
