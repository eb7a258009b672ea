import Competition
import Testing

@testable import GRPC

@Suite struct ReplyAssemblerTests {
  /// Feeds an answer and ends it; the first refusal ends it earlier.
  private func assemble(
    _ head: [(String, String)] = grpcHead, body: [[UInt8]] = [],
    trailers: [(String, String)] = [("grpc-status", "0")], resetBy code: UInt32? = nil,
    budget: ReplyBudget = ReplyBudget(replyBytesMax: 100, totalBytesMax: 1_000)
  ) -> (status: GRPCStatus, text: String?) {
    var reply = ReplyAssembler(budget: budget)
    for (name, value) in head {
      if let refusal = reply.feed(name, value) { return (refusal, nil) }
    }
    for piece in body {
      if let refusal = piece.withUnsafeBytes({ reply.data($0) }) { return (refusal, nil) }
    }
    for (name, value) in trailers {
      if let refusal = reply.feed(name, value) { return (refusal, nil) }
    }
    let answer = reply.end(resetBy: code)
    return (answer.status, answer.message?.lossyText)
  }

  @Test func anAnswerMayArriveByteByByteOrAtOnce() {
    let frame = framed("hello")
    #expect(assemble(body: frame.map { [$0] }) == (.ok, "hello"))
    #expect(assemble(body: [frame]) == (.ok, "hello"))
    #expect(assemble(body: [Array(frame[..<4]), [], Array(frame[4...])]) == (.ok, "hello"))
    #expect(assemble(body: [framed("")]) == (.ok, ""))
  }

  @Test func theLimitIsAcceptedAndOneByteMoreIsRefusedFromThePrefixAlone() {
    #expect(assemble(body: [framed(String(repeating: "a", count: 100))]).status == .ok)
    let (status, text) = assemble(body: [[0, 0, 0, 0, 101]])
    #expect(status.code == .resourceExhausted && text == nil)
    #expect(
      status.message == "an answer of 101 bytes is over the limit of 100 (limits.reply_bytes_max)")
    #expect(assemble(body: [[0, 255, 255, 255, 255]]).status.message.contains("4294967295 bytes"))
  }

  @Test func theAnswersOfARoundShareOneBudget() {
    let budget = ReplyBudget(replyBytesMax: 100, totalBytesMax: 150)
    let large = framed(String(repeating: "a", count: 100))
    #expect(assemble(body: [large], budget: budget).status == .ok)
    #expect(budget.bytesLeft == 50)
    let refusal = assemble(body: [large], budget: budget).status
    #expect(refusal.code == .aborted && refusal.message.contains("round_bytes_max"))
    #expect(
      assemble(body: [framed(String(repeating: "b", count: 50))], budget: budget).status == .ok)
    #expect(budget.bytesLeft == 0)
  }

  @Test func aPageInsteadOfAnAnswerIsPassedOverUpToItsLimitAndThenRefusedAsWhatItIs() {
    for (head, code) in [
      ([(":status", "503"), ("content-type", "text/html")], GRPCStatus.Code.unavailable),
      ([(":status", "200"), ("content-type", "text/html")], .unknown),
    ] {
      var reply = ReplyAssembler(budget: ReplyBudget(replyBytesMax: 100, totalBytesMax: 100))
      for (name, value) in head { #expect(reply.feed(name, value) == nil) }
      let page = [UInt8](repeating: 0x20, count: Limits.errorPageBytesMax)
      #expect(page.withUnsafeBytes { reply.data($0) } == nil)
      let refusal = [0x20].withUnsafeBytes { reply.data($0) }
      #expect(refusal?.code == code)
      #expect(reply.block == nil)
    }
  }

  @Test func aCompressedAnswerIsRefusedWithItsEncoding() {
    let head = grpcHead + [("grpc-encoding", "gzip")]
    let (status, _) = assemble(head, body: [[1, 0, 0, 0, 5]])
    #expect(status.code == .unimplemented && status.message.contains("gzip"))
    #expect(assemble(body: [[1, 0, 0, 0, 5]]).status.message.contains("no encoding named"))
    #expect(assemble(head, body: [framed("plain")]) == (.ok, "plain"))
  }

  @Test func moreOrLessThanOneMessageIsRefused() {
    #expect(assemble(body: [framed("a"), framed("b")]).status.code == .internal)
    #expect(assemble(body: [framed("a") + [0]]).status.code == .internal)
    #expect(assemble(body: [Array(framed("abc").dropLast())]).status.code == .internal)
    #expect(assemble(body: [[0, 0, 0]]).status.code == .internal)
    let (status, text) = assemble(body: [])
    #expect(status == GRPCStatus(.internal, "grpc-status 0 without a whole message") && text == nil)
  }

  @Test func anAnswerWithoutAStatusIsNoSuccess() {
    let (status, text) = assemble(body: [framed("a")], trailers: [])
    #expect(status.code == .unknown && text == nil)
    #expect(status.message.contains("without grpc-status"))
    #expect(assemble([], trailers: []).status.code == .unknown)
  }

  @Test(arguments: [
    (400, GRPCStatus.Code.internal), (401, .unauthenticated), (403, .permissionDenied),
    (404, .unimplemented), (429, .unavailable), (502, .unavailable), (503, .unavailable),
    (504, .unavailable), (500, .unknown), (302, .unknown),
  ])
  func anErrorPageIsMappedByItsHTTPStatus(http: Int, code: GRPCStatus.Code) {
    let head = [(":status", "\(http)"), ("content-type", "text/html")]
    let page = [UInt8](repeating: 60, count: 5_000)
    let (status, text) = assemble(head, body: [page], trailers: [])
    #expect(status.code == code && text == nil)
    #expect(status.message.contains("HTTP status \(http)"))
  }

  @Test func anotherContentTypeIsNamed() {
    let head = [(":status", "200"), ("content-type", "text/html")]
    let (status, _) = assemble(head, body: [framed("a")], trailers: [])
    #expect(status.code == .unknown && status.message.contains("content-type"))
  }

  @Test func trailersAloneMayCarryAnError() {
    let head = grpcHead + [("grpc-status", "8"), ("grpc-message", "Server%20busy%21")]
    #expect(assemble(head, trailers: []).status == GRPCStatus(.resourceExhausted, "Server busy!"))
    #expect(assemble(trailers: [("grpc-status", "99")]).status.code == .unknown)
    #expect(assemble(trailers: [("grpc-status", "no")]).status.code == .unknown)
    #expect(assemble(trailers: [("grpc-status", "-1")]).status.code == .unknown)
  }

  @Test(arguments: [
    ("plain", "plain"), ("%41%42", "AB"), ("caf%C3%A9", "café"), ("%c3%a9", "é"),
    ("100%", "100%"), ("%4", "%4"), ("%zz", "%zz"), ("%%41", "%A"), ("%+A", "%+A"), ("%-0", "%-0"),
    ("%FF", "\u{FFFD}"), ("", ""),
  ])
  func theMessageOfAStatusIsPercentDecoded(raw: String, text: String) {
    let trailers = [("grpc-status", "2"), ("grpc-message", raw)]
    #expect(assemble(trailers: trailers).status == GRPCStatus(.unknown, text))
  }

  @Test func aLongMessageIsCut() {
    let trailers = [("grpc-status", "2"), ("grpc-message", String(repeating: "a", count: 2_000))]
    #expect(assemble(trailers: trailers).status.message.count == 1_024)
  }

  @Test func headersMayTakeTheirLimitAndNotOneByteMore() {
    // Each field counts its name, its value and 32 bytes more (RFC 9113, section 6.5.2).
    let used = (grpcHead + [("grpc-status", "0")]).reduce(0) {
      $0 + $1.0.utf8.count + $1.1.utf8.count + 32
    }
    let rest = Limits.headerBytesMax - used - 33
    let exact = grpcHead + [("x", String(repeating: "v", count: rest))]
    #expect(assemble(exact, body: [framed("a")]) == (.ok, "a"))
    let over = grpcHead + [("x", String(repeating: "v", count: rest + 1))]
    let (status, _) = assemble(over, body: [framed("a")])
    #expect(status.code == .resourceExhausted)
    #expect(status.message.contains("\(Limits.headerBytesMax) bytes"))
  }

  @Test(
    arguments: [
      (1, GRPCStatus.Code.internal, "PROTOCOL_ERROR"), (7, .unavailable, "REFUSED_STREAM"),
      (8, .cancelled, "CANCEL"), (11, .resourceExhausted, "ENHANCE_YOUR_CALM"),
      (2, .internal, "INTERNAL_ERROR"),
    ] as [(UInt32, GRPCStatus.Code, String)])
  func aResetStreamIsMappedByItsCode(reset: UInt32, code: GRPCStatus.Code, name: String) {
    let (status, _) = assemble(body: [[0, 0]], trailers: [], resetBy: reset)
    #expect(status == GRPCStatus(code, "the stream was reset (\(name))"))
    #expect(assemble(body: [framed("a")], resetBy: reset) == (.ok, "a"), "the status came first")
  }
}

private let grpcHead = [(":status", "200"), ("content-type", "application/grpc+proto")]

private func framed(_ text: String) -> [UInt8] { GRPCFrame.encode(Array(text.utf8)).array }

extension ReplyAssembler {
  fileprivate mutating func feed(_ name: String, _ value: String) -> GRPCStatus? {
    Array(name.utf8).withUnsafeBytes { name in
      Array(value.utf8).withUnsafeBytes { header(name, $0) }
    }
  }
}
