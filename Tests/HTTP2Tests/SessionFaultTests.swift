import Competition
import Testing

@testable import HTTP2

@Suite struct SessionFaultTests {
  @Test func aStreamThatIsResetBeforeItsHeadWentOutIsForgottenAndClosesOnce() throws {
    var pair = try SessionPair(seed: 23)
    try pair.run()
    let sent = pair.fromClient.count
    let id = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(100_000))
    pair.client.resetStream(id)
    try pair.run()
    #expect(pair.client.outgoing.isEmpty)
    #expect(pair.atClient.closed == [id: [HTTP2ErrorCode.cancel]])
    #expect(Frame.all(in: Array(pair.fromClient[sent...])).isEmpty, "the server hears nothing")
    let next = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(10))
    try pair.run()
    #expect(pair.atServer.ended == [next], "the connection goes on")
  }

  @Test func aStreamThatIsResetInTheMiddleOfItsBodyLeavesNothingBehind() throws {
    var pair = try SessionPair(seed: 29)
    try pair.run()
    let id = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(8 << 20))
    let gather = GatherBuffer()
    try pair.client.produce(into: gather)
    let part = gather.segments.flatMap { Array($0.bytes) }
    try pair.deliver(part, to: pair.server)
    #expect(pair.client.isSending(id))
    pair.client.resetStream(id)
    try pair.run()
    #expect(pair.client.outgoing.isEmpty)
    #expect(pair.atServer.closed == [id: [HTTP2ErrorCode.cancel]])
    #expect(pair.atServer.bodies[id]?.count ?? 0 < 8 << 20)
  }

  @Test func anAnswerToAStreamThatIsGoneIsRefusedAndHeldNowhere() throws {
    var pair = try SessionPair(seed: 31)
    let id = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(10))
    try pair.run()
    pair.client.resetStream(id)
    try pair.run()
    for gone in [id, 77, 2] {
      #expect(throws: HTTP2Error.self) {
        try pair.server.submitResponse(
          gone, head: responseHead, body: patternBlock(10), trailers: okTrailers)
      }
      #expect(throws: HTTP2Error.self) {
        try pair.server.submitResponse(gone, headOnly: responseHead)
      }
    }
    #expect(pair.server.outgoing.isEmpty)
    try pair.run()
    #expect(pair.atClient.headers.isEmpty)
  }

  @Test func aGoodbyeEndsTheSessionAndTellsTheReason() throws {
    var pair = try SessionPair(seed: 37)
    let id = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(10))
    try pair.run()
    pair.server.terminate(errorCode: HTTP2ErrorCode.enhanceYourCalm)
    try pair.run()
    let goAway = try #require(pair.atClient.goAways.first)
    #expect(goAway.last == id && goAway.code == HTTP2ErrorCode.enhanceYourCalm)
    #expect(pair.server.isOver && !pair.client.isOver)
  }

  @Test func streamsThatAGoodbyeLeavesOutAreRefusedAndNewOnesAreNotOpened() throws {
    var pair = try SessionPair(seed: 41)
    try pair.run()
    let first = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(10))
    let second = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(10))
    _ = try pair.produce(pair.client)
    // GOAWAY: last stream 1, code 0, and a word of farewell.
    try pair.deliver(frame(type: 7, [0, 0, 0, 1, 0, 0, 0, 0] + Array("bye".utf8)), to: pair.client)
    #expect(pair.atClient.goAways.first?.reason == "bye")
    #expect(pair.atClient.closed == [second: [HTTP2ErrorCode.refusedStream]])
    let late = try? pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(10))
    _ = try pair.produce(pair.client)
    if let late { #expect(pair.atClient.closed[late]?.count == 1) }
    #expect(pair.client.outgoing.count == (pair.client.outgoing.place(of: first) == nil ? 0 : 1))
  }

  @Test(arguments: ["SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"])
  func aServerThatHearsNoPrefaceRefusesTheBytes(text: String) throws {
    let session = try HTTP2Session(role: .server)
    let error = #expect(throws: HTTP2Error.self) {
      try Array(text.utf8).withUnsafeBytes { try session.receive($0) }
    }
    #expect(error?.description.hasPrefix("read HTTP/2 frames: ") == true)
  }

  @Test func aClientThatHearsAnotherProtocolSaysGoodbyeAndIsOver() throws {
    var pair = try SessionPair()
    _ = try pair.produce(pair.client)
    // The first frame must be SETTINGS; here it is DATA.
    try pair.deliver(frame(type: 0, stream: 1, [1, 2, 3]), to: pair.client)
    let last = Frame.all(in: try pair.produce(pair.client)).last
    #expect(last?.type == 7 && pair.client.isOver)
  }

  @Test(arguments: 1...200)
  func garbageEndsASessionAtMostAndNeverCrashesIt(number: Int) throws {
    var random = Dice(state: UInt64(number))
    for role in [HTTP2Session.Role.client, .server] {
      var pair = try SessionPair(seed: UInt64(number))
      _ = try pair.client.submitRequest(
        head: authority, rest: requestHead, body: patternBlock(1_000))
      try pair.run()
      let session = role == .client ? pair.client : pair.server
      do {
        for _ in 0..<20 {
          let type = UInt8.random(in: 0...10, using: &random)
          let stream = UInt8.random(in: 0...3, using: &random)
          let payload = (0..<Int.random(in: 0...64, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
          }
          let flags = UInt8.random(in: 0...255, using: &random)
          try pair.deliver(frame(type: type, flags: flags, stream: stream, payload), to: session)
          _ = try pair.produce(session)
        }
      } catch let error as HTTP2Error {
        #expect(error.code < 0 && !error.description.isEmpty)
      }
    }
  }

  @Test func aFloodOfPingsEndsTheSession() throws {
    var pair = try SessionPair()
    try pair.run()
    let ping = frame(type: 6, [UInt8](repeating: 7, count: 8))
    let flood = [UInt8]((0..<20_000).map { _ in ping }.joined())
    #expect(throws: HTTP2Error.self) { try pair.deliver(flood, to: pair.client) }
  }

  /// A peer that reads nothing never hears of the reset, nor of any window.
  @Test func dataForAStreamThatWasGivenUpEndsTheSessionAlthoughNothingCanBeSent() throws {
    var pair = try SessionPair()
    let id = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(1))
    _ = try pair.produce(pair.client)
    try pair.deliver(frame(type: 4, []), to: pair.client)
    pair.client.resetStream(id)
    let data = frame(type: 0, stream: UInt8(id), [UInt8](repeating: 0, count: 16_384))
    let error = #expect(throws: HTTP2Error.self) {
      for _ in 0..<2_000 { try pair.deliver(data, to: pair.client) }
    }
    #expect(error?.description.hasPrefix("take DATA frames without end: ") == true)
  }

  @Test func aHeadWithoutEndIsCutOff() throws {
    var pair = try SessionPair()
    _ = try pair.client.submitRequest(head: authority, rest: requestHead, body: patternBlock(1))
    try pair.run()
    // HEADERS without END_HEADERS, then CONTINUATION for ever: a literal field, 127 bytes of value.
    let field: [UInt8] = [0x00, 0x01, 0x61, 0x7E] + [UInt8](repeating: 0x62, count: 126)
    let block = [UInt8]((0..<100).map { _ in field }.joined())
    #expect(throws: HTTP2Error.self) {
      try pair.deliver(frame(type: 1, stream: 1, [0x88] + block), to: pair.client)
      for _ in 0..<200 {
        try pair.deliver(frame(type: 9, stream: 1, block), to: pair.client)
        _ = try pair.produce(pair.client)
        if pair.client.isOver { throw HTTP2Error(code: -1, during: "go on after the goodbye") }
      }
    }
  }

  @Test func errorsNameTheOperationAndTheProtocolsWords() {
    #expect(HTTP2ErrorCode.name(HTTP2ErrorCode.cancel) == "CANCEL")
    #expect(HTTP2ErrorCode.name(HTTP2ErrorCode.refusedStream) == "REFUSED_STREAM")
    #expect(HTTP2Error(code: -901, during: "read frames").description.hasPrefix("read frames: "))
  }
}

/// The bytes of a frame of any type.
func frame(type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
  let length = payload.count
  return [
    UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags, 0, 0, 0,
    stream,
  ] + payload
}
