import Competition
import Testing

@testable import HTTP2

@Suite struct SessionExchangeTests {
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func aUnaryExchangeOfMegabytesArrivesWholeInPiecesOfAnySize(seed: UInt64) throws {
    var pair = try SessionPair(seed: seed)
    let request = patternBlock(3 << 20)
    let answer = patternBlock(1_000_003)
    let (server, atServer) = (pair.server, pair.atServer)
    atServer.onEnd = { id in
      #expect(throws: Never.self) {
        try server.submitResponse(id, head: responseHead, body: answer, trailers: okTrailers)
      }
    }
    let id = try pair.client.submitRequest(head: authority, rest: requestHead, body: request)
    #expect(pair.client.isSending(id))
    try pair.run()
    #expect(pair.atServer.bodies[id] == request.array, "seed \(seed)")
    #expect(pair.atClient.bodies[id] == answer.array, "seed \(seed)")
    #expect(
      pair.atServer.headers[id] == [
        ":authority=model:50051", ":method=POST", ":scheme=http", ":path=/a.B/C", "te=trailers",
      ])
    #expect(
      pair.atClient.headers[id] == [
        ":status=200", "content-type=application/grpc", "grpc-status=0",
      ]
    )
    #expect(pair.atClient.trailerCount == 1)
    #expect(pair.atClient.ended == [id] && pair.atClient.closed == [id: [0]])
    #expect(pair.client.outgoing.isEmpty && pair.server.outgoing.isEmpty)
    #expect(!pair.client.isSending(id))
  }

  @Test func bodiesAreReferencedAndNeverCopied() throws {
    let session = try HTTP2Session(role: .client)
    let body = patternBlock(100_000)
    _ = try session.submitRequest(head: authority, rest: requestHead, body: body)
    let gather = GatherBuffer()
    try session.produce(into: gather)
    let referenced = gather.segments.filter { $0.owner === body }
    let inside = referenced.allSatisfy { segment in
      guard let start = segment.bytes.baseAddress, let block = body.bytes.baseAddress else {
        return false
      }
      return start >= block && start + segment.bytes.count <= block + body.count
    }
    // Before the peer's SETTINGS its window is RFC 9113's 65,535 bytes.
    #expect(referenced.reduce(0) { $0 + $1.bytes.count } == 65_535 && inside)
  }

  @Test func noDataFrameIsLargerThanTheSmallestLimitThatPeersMayHave() throws {
    var pair = try SessionPair(seed: 7)
    _ = try pair.client.submitRequest(
      head: authority, rest: requestHead, body: patternBlock(1 << 20))
    try pair.run()
    let data = Frame.all(in: pair.fromClient).filter { $0.type == 0 }
    #expect(data.reduce(0) { $0 + $1.payload.count } == 1 << 20)
    #expect(data.allSatisfy { $0.payload.count <= 16_384 })
    #expect(data.last?.flags == 1, "the last one ends the stream")
  }

  @Test func theFirstBytesOpenWindowsOf16MiBForTheConnectionAndEachStream() throws {
    let pair = try SessionPair()
    let opening = try pair.produce(pair.client)
    #expect(opening.starts(with: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
    let frames = Frame.all(in: opening)
    let settings = try #require(frames.first { $0.type == 4 })
    var values: [Int: Int] = [:]
    for start in stride(from: settings.payload.startIndex, to: settings.payload.endIndex, by: 6) {
      let key = settings.payload[start..<start + 2].reduce(0) { $0 << 8 | Int($1) }
      values[key] = settings.payload[start + 2..<start + 6].reduce(0) { $0 << 8 | Int($1) }
    }
    // 4 INITIAL_WINDOW_SIZE, 6 MAX_HEADER_LIST_SIZE, 2 ENABLE_PUSH (RFC 9113, section 6.5.2).
    #expect(values == [4: 16 << 20, 6: Limits.headerBytesMax, 2: 0])
    let update = try #require(frames.first { $0.type == 8 })
    #expect(update.stream == 0)
    #expect(update.payload.reduce(0) { $0 << 8 | Int($1) } == 16 << 20 - 65_535)
  }

  @Test func aFullGatherBufferTakesTheRestNextTime() throws {
    var pair = try SessionPair(seed: 11)
    try pair.run()
    let body = patternBlock(5 << 20)
    let id = try pair.client.submitRequest(head: authority, rest: requestHead, body: body)
    let gather = GatherBuffer()
    var rounds = 0
    var sent: [UInt8] = []
    while pair.client.wantsWrite {
      gather.clear()
      try pair.client.produce(into: gather)
      if gather.isEmpty { break }
      rounds += 1
      #expect(gather.segments.count <= GatherBuffer.segmentsMax)
      for segment in gather.segments { sent.append(contentsOf: segment.bytes) }
    }
    #expect(rounds > 1, "5 MiB are more than one gather buffer takes")
    try pair.deliver(sent, to: pair.server)
    #expect(pair.atServer.bodies[id] == body.array)
  }

  @Test func aHeadLargerThanTheScratchAreaGoesOutInPieces() throws {
    var pair = try SessionPair(seed: 13)
    try pair.run()
    let long = HeaderBlock(
      (1...5).map { (name: "x-\($0)", value: String(repeating: "~", count: 9_000)) })
    let id = try pair.client.submitRequest(head: requestHead, rest: long, body: patternBlock(10))
    try pair.run()
    #expect(pair.atServer.headers[id]?.count == 9)
    #expect(pair.atServer.headers[id]?.last?.count == 9_004)
  }

  @Test func manyStreamsShareOneConnection() throws {
    var pair = try SessionPair(seed: 17)
    try pair.run()
    let (server, atServer) = (pair.server, pair.atServer)
    let answer = patternBlock(20_000)
    atServer.onEnd = { id in
      #expect(throws: Never.self) {
        try server.submitResponse(id, head: responseHead, body: answer, trailers: okTrailers)
      }
    }
    let body = patternBlock(3_000)
    var ids: [Int32] = []
    for _ in 0..<500 {
      ids.append(try pair.client.submitRequest(head: authority, rest: requestHead, body: body))
    }
    try pair.run()
    #expect(ids == (0..<500).map { Int32($0 * 2 + 1) })
    #expect(ids.allSatisfy { pair.atClient.bodies[$0]?.count == 20_000 })
    #expect(pair.atClient.ended.count == 500 && pair.atClient.closed.count == 500)
    #expect(pair.client.outgoing.isEmpty && pair.server.outgoing.isEmpty)
  }

  @Test func anAnswerMayBeAHeadAloneOrHaveAnEmptyBody() throws {
    var pair = try SessionPair(seed: 19)
    let (server, atServer) = (pair.server, pair.atServer)
    atServer.onEnd = { id in
      #expect(throws: Never.self) {
        if id == 1 {
          try server.submitResponse(id, headOnly: HeaderBlock([(":status", "200")]))
        } else {
          try server.submitResponse(
            id, head: responseHead, body: SharedBytes(capacity: 0), trailers: okTrailers)
        }
      }
    }
    let empty = SharedBytes(capacity: 0)
    let first = try pair.client.submitRequest(head: authority, rest: requestHead, body: empty)
    let second = try pair.client.submitRequest(head: authority, rest: requestHead, body: empty)
    try pair.run()
    #expect(pair.atClient.headers[first] == [":status=200"])
    #expect(pair.atClient.headers[second]?.last == "grpc-status=0")
    #expect(pair.atClient.closed == [first: [0], second: [0]])
  }

  @Test func aPingIsAnswered() throws {
    var pair = try SessionPair()
    pair.client.ping()
    try pair.run()
    #expect(pair.atClient.pingAnswerCount == 1 && pair.atServer.pingAnswerCount == 0)
  }

  @Test func aHeaderBlockKeepsItsFieldsAndMayBeSharedByConnections() throws {
    let pseudo = HeaderBlock([
      (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"),
    ])
    let block = HeaderBlock([("x-empty", ""), ("x-utf8", "é")])
    #expect(pseudo.count == 4 && block.count == 2)
    let none = HeaderBlock([])
    #expect(none.count == 0)
    for seed in 1...3 {
      var pair = try SessionPair(seed: UInt64(seed))
      let plain = try pair.client.submitRequest(head: pseudo, rest: block, body: patternBlock(1))
      let bare = try pair.client.submitRequest(head: pseudo, rest: none, body: patternBlock(1))
      try pair.run()
      #expect(pair.atServer.headers[plain]?.suffix(2) == ["x-empty=", "x-utf8=é"])
      #expect(pair.atServer.headers[bare]?.count == 4)
    }
  }
}
