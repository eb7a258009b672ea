import Resilience
import Testing

@testable import WebSocket

/// The error of a connection's only event; nil when it was anything else.
private func failure(_ events: [WebSocketEvent]) -> WebSocketError? {
  guard events.count == 1, case .failed(let error) = events[0] else { return nil }
  return error
}

/// The code of the close frame that a server sent; nil when it sent something else.
private func closeCode(_ bytes: [UInt8]) -> UInt16? {
  guard bytes.count >= 4, bytes[0] == 0x88 else { return nil }
  return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
}

@Test(arguments: [10, 125, 126, 70_000])
func messagesAreTakenAtTheLimitAndClosedWith1009OnePast(bytesMax: Int) {
  let limits = WebSocketLimits(messageBytesMax: bytesMax)
  let text = [UInt8](repeating: UInt8(ascii: "a"), count: bytesMax)
  #expect(openServer(limits: limits).receive(frame(1, text)) == [.text(text)])
  let server = openServer(limits: limits)
  #expect(failure(server.receive(frame(1, text + [0x61])))?.code == .messageTooBig)
  #expect(closeCode(server.takeOutput()) == 1009)
  #expect(server.isClosed)
}

@Test func fragmentsCountTogetherTowardsTheLimit() {
  let limits = WebSocketLimits(messageBytesMax: 10)
  let half = [UInt8](repeating: 0x61, count: 5)
  let atLimit = frame(1, half, isFinal: false) + frame(0, half, isFinal: false) + frame(0, [])
  #expect(openServer(limits: limits).receive(atLimit) == [.text(half + half)])
  for opcode: UInt8 in [1, 2] {
    let server = openServer(limits: limits)
    let past = frame(opcode, half, isFinal: false) + frame(0, half + [0x61], isFinal: false)
    #expect(failure(server.receive(past))?.code == .messageTooBig)
    #expect(closeCode(server.takeOutput()) == 1009)
  }
}

@Test func aClaimedLengthOverTheLimitIsRefusedBeforeItsBytesCome() {
  let server = openServer()
  let start = frame(1, [0x61], claimedByteCount: 1 << 62)
  #expect(failure(server.receive(start))?.code == .messageTooBig)
  #expect(closeCode(server.takeOutput()) == 1009)
}

@Test func controlFramesPassWhateverTheLimitOfMessagesIs() {
  let server = openServer(limits: WebSocketLimits(messageBytesMax: 0))
  let ping = [UInt8](repeating: 1, count: 125)
  #expect(server.receive(frame(9, ping) + frame(1, [])) == [.text([])])
  #expect(server.takeOutput() == frame(10, ping, mask: nil))
}

@Test(
  arguments: [
    [0xFF], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC3], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0x80],
  ] as [[UInt8]])
func textsThatAreNotUTF8AreClosedWith1007(text: [UInt8]) {
  let server = openServer()
  let error = failure(server.receive(frame(1, text)))
  #expect(error?.code == .badText)
  #expect(error?.description == "reading WebSocket frames: a text message is not UTF-8")
  #expect(closeCode(server.takeOutput()) == 1007)
}

@Test(
  arguments: [
    ("unmasked from a client", frame(1, [0x61], mask: nil)),
    ("reserved bit", frame(1, [0x61], reserved: 4)),
    ("unknown opcode", frame(3, [0x61])),
    ("unknown control opcode", frame(11, [])),
    ("continuation of nothing", frame(0, [0x61])),
    ("text inside a text", frame(1, [0x61], isFinal: false) + frame(1, [0x62])),
    ("ping in fragments", frame(9, [], isFinal: false)),
    ("ping of 126 bytes", frame(9, [UInt8](repeating: 0, count: 126))),
    ("close of one byte code", frame(8, [0x03, 0xE7])),
    ("close with a code that may not be sent", frame(8, [0x03, 0xED])),
    ("length not in its shortest form", [0x81, 0xFE, 0, 5, 1, 2, 3, 4]),
    ("length with its top bit", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
  ])
func framesThatBreakTheProtocolEndTheConnection(name: String, bytes: [UInt8]) {
  let server = openServer()
  #expect(failure(server.receive(bytes))?.code == .protocolViolation, "\(name)")
  #expect(server.isClosed)
  #expect(server.takeOutput().first == 0x88)
}

@Test func aMaskedFrameFromAServerEndsTheClient() {
  var wire = Wire.open()
  #expect(failure(wire.client.receive(frame(1, [0x61])))?.code == .protocolViolation)
  wire.run()
  #expect(wire.client.isClosed)
}

@Test func textsAreQueuedUpToTheOutputsLimitAndRefusedOnePast() {
  let text = [UInt8](repeating: 0x61, count: 98)
  let exact = openServer(limits: WebSocketLimits(queuedBytesMax: 200))
  #expect(exact.sendText(text) == .queued)
  #expect(exact.sendText(text) == .queued)
  #expect(exact.queuedByteCount == 200)
  #expect(exact.sendText([]) == .queueFull)
  #expect(exact.sendPing() == .queued)
  let short = openServer(limits: WebSocketLimits(queuedBytesMax: 199))
  #expect(short.sendText(text) == .queued)
  #expect(short.sendText(text) == .queueFull)
  #expect(short.takeOutput() == frame(1, text, mask: nil))
  #expect(short.sendText(text) == .queued)
}

@Test func aClientCountsItsMaskInTheOutputsLimit() {
  let wire = Wire.open(clientLimits: WebSocketLimits(queuedBytesMax: 105))
  let text = [UInt8](repeating: 0x61, count: 99)
  #expect(wire.client.sendText(text + [0x61]) == .queueFull)
  #expect(wire.client.sendText(text) == .queued)
  #expect(wire.client.queuedByteCount == 105)
}

@Test func aPeerThatPingsAndDoesNotReadIsDropped() {
  let server = openServer(limits: WebSocketLimits(queuedBytesMax: 0))
  let ping = frame(9, [UInt8](repeating: 1, count: 126 - 2 - 2 - 20))
  let pongBytes = frame(10, [UInt8](repeating: 1, count: 102), mask: nil).count
  let pongsMax = WebSocketLimits.controlBytesMax / pongBytes
  for _ in 0..<pongsMax { #expect(server.receive(ping).isEmpty) }
  #expect(failure(server.receive(ping))?.code == .outputQueueFull)
  #expect(server.isClosed && !server.hasOutput)
}

@Test func aFloodOfTinyPingsInOneReadStaysBounded() {
  let server = openServer(limits: WebSocketLimits(queuedBytesMax: 0))
  let flood = (0..<100_000).flatMap { _ in frame(9, []) }
  #expect(failure(server.receive(flood))?.code == .outputQueueFull)
}

@Test func aMessageInAHundredThousandFragmentsIsJoined() {
  let server = openServer()
  var bytes = frame(1, [0x61], isFinal: false)
  for _ in 0..<100_000 { bytes += frame(0, [0x61], isFinal: false) }
  bytes += frame(0, [])
  #expect(server.receive(bytes) == [.text([UInt8](repeating: 0x61, count: 100_001))])
}

@Test(arguments: 0..<200)
func randomFramesNeverBreakAnEngine(seed: Int) {
  var generator = SplitMix64(seed: UInt64(seed))
  let server = openServer(limits: WebSocketLimits(messageBytesMax: 1_000))
  var endCount = 0
  for _ in 0..<50 {
    let byteCount = Int.random(in: 0...300, using: &generator)
    let payload = (0..<byteCount).map { _ in UInt8.random(in: 0x20...0xFF, using: &generator) }
    let opcode = [0, 1, 2, 8, 9, 10, 3].randomElement(using: &generator) ?? 1
    let bytes = frame(UInt8(opcode), payload, isFinal: Bool.random(using: &generator))
    for event in server.receive(bytes, portionMax: 40, &generator) {
      switch event {
      case .failed, .closed: endCount += 1
      case .text(let text):
        #expect(text.count <= 1_000 && String(validating: text, as: UTF8.self) != nil)
      case .binary(let count): #expect(count <= 1_000)
      case .pong, .upgraded, .refused: break
      }
    }
  }
  #expect(endCount == (server.isClosed ? 1 : 0))
}
