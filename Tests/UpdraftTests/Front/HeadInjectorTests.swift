import Competition
import HTTP2
import Testing

@testable import Updraft

/// Fields added to answers, read by a real HTTP/2 client.
struct HeadInjectorTests {
  private final class Reader: HTTP2Handler {
    var fields: [String] = []
    var heads = 0
    var body = 0
    var ends = 0

    func stream(
      _ id: Int32, didReceiveHeader name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) {
      fields.append(
        "\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))")
    }
    func streamDidReceiveHead(_ id: Int32, isTrailer: Bool) { heads += 1 }
    func stream(_ id: Int32, didReceiveData bytes: UnsafeRawBufferPointer) { body += bytes.count }
    func streamDidEndRemotely(_ id: Int32) { ends += 1 }
    func stream(_ id: Int32, didCloseWith errorCode: UInt32) {}
    func sessionDidReceiveGoAway(lastStreamID: Int32, errorCode: UInt32, reason: String) {}
    func sessionDidReceiveSettings() {}
    func sessionDidReceivePingAnswer() {}
  }

  private func output(of session: HTTP2Session) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while session.wantsWrite {
      let gather = GatherBuffer()
      try session.produce(into: gather)
      if gather.isEmpty { break }
      for segment in gather.segments { bytes += segment.bytes }
    }
    return bytes
  }

  /// Two calls to a server, whose second is an error without a message; what the client read.
  private func read(_ fields: [UInt8], piece: Int) throws -> Reader {
    let (client, server) = (
      try HTTP2Session(role: .client), try HTTP2Session(role: .server)
    )
    let reader = Reader()
    client.handler = reader
    let body = [UInt8](repeating: 7, count: 40_000).withUnsafeBytes { SharedBytes(copying: $0) }
    let head = HeaderBlock([
      (":method", "POST"), (":scheme", "https"), (":path", "/a"), (":authority", "b"),
    ])
    let ids = try (0..<3).map { _ in
      try client.submitRequest(head: head, rest: HeaderBlock([]), body: body)
    }
    try output(of: client).withUnsafeBytes { try server.receive($0) }
    let answer = HeaderBlock([(":status", "200"), ("content-type", "application/grpc")])
    for id in ids.prefix(2) {
      try server.submitResponse(
        id, head: answer, body: body, trailers: HeaderBlock([("grpc-status", "0")]))
    }
    try server.submitResponse(
      ids[2], headOnly: HeaderBlock([(":status", "200"), ("grpc-status", "8")]))
    var injector = HeadInjector(fields)
    let bytes = try output(of: server)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      var passed: [UInt8] = []
      bytes[start..<min(bytes.count, start + piece)].withUnsafeBytes {
        injector.pass($0, to: &passed)
      }
      try passed.withUnsafeBytes { try client.receive($0) }
    }
    return reader
  }

  @Test(arguments: [1, 7, 100_000]) func eachAnswersHeadGetsTheFieldsAndNothingElseDoes(
    piece: Int
  ) throws {
    let long = String(repeating: "v", count: 9_000)
    let fields = try #require(HeadInjector.coded([("x-short", "s"), ("x-long", long)]))
    let reader = try read(fields, piece: piece)
    let answer = [":status=200", "content-type=application/grpc", "x-short=s", "x-long=\(long)"]
    #expect(reader.fields.filter { $0 == "x-short=s" }.count == 2)
    #expect(Array(reader.fields.prefix(4)) == answer)
    #expect(reader.fields.filter { $0 == "x-long=\(long)" }.count == 2)
    #expect(reader.body == 80_000 && reader.ends == 3 && reader.heads == 5)
  }

  @Test func fieldsBeyondTheLimitAreRefused() {
    let most = HeadInjector.fieldBytesMax - 5
    #expect(HeadInjector.coded([("a", String(repeating: "v", count: most - 1))])?.count != nil)
    #expect(HeadInjector.coded([("a", String(repeating: "v", count: most + 1))]) == nil)
  }
}
