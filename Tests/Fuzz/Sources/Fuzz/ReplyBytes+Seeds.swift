import Competition
import GRPC
@testable import GatewayTestSupport
import HTTP2

extension ReplyBytes {
  static func seeds() throws -> [(name: String, bytes: [UInt8])] {
    let prediction = FleetReplies(replyBytes: nil).prediction(stepCount: 3)
    let answered = try exchange { server, id in
      try server.submitResponse(id, head: head, body: prediction, trailers: trailers)
    }
    let failed = try exchange { server, id in
      let fields = [
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "8"),
        ("grpc-message", "Server%20busy"),
      ]
      try server.submitResponse(id, headOnly: HeaderBlock(fields))
    }
    let oversized = try exchange { server, id in
      try server.submitResponse(id, head: head, body: FleetReplies.oversized, trailers: trailers)
    }
    let page = try exchange { server, id in
      try server.submitResponse(id, headOnly: HeaderBlock([(":status", "502")]))
    }
    let reset = try exchange { server, id in server.resetStream(id) }
    let goodbye = try exchange { server, _ in server.terminate() }
    return [
      ("answered", [0, 0] + answered), ("answered-in-pieces", [9, 1] + answered),
      ("cancelled", [0, 7] + answered), ("closed", [0, 11] + answered),
      ("failed", [0, 1] + failed), ("oversized", [0, 1] + oversized), ("page", [0, 0] + page),
      ("reset", [0, 0] + reset), ("goodbye", [0, 1] + goodbye),
      ("http1", [0, 0] + Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
      ("ssh", [2, 0] + Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)),
    ]
  }

  private static let head = HeaderBlock([
    (":status", "200"), ("content-type", "application/grpc"),
  ])
  private static let trailers = HeaderBlock([("grpc-status", "0")])

  /// The bytes of a server that answers two calls of a real client.
  private static func exchange(
    _ answer: @escaping (HTTP2Session, Int32) throws -> Void
  ) throws -> [UInt8] {
    let client = try HTTP2Session(role: .client)
    let server = try HTTP2Session(role: .server)
    let recorder = RequestRecorder()
    server.handler = recorder
    let request = HeaderBlock.grpcRequest(path: "/s/Call", timeout: nil)
    let authority = HeaderBlock([(":authority", "h:1")])
    let body = GRPCFrame.encode([0x0A, 0x01, 0x74])
    for _ in 0..<2 { _ = try client.submitRequest(head: authority, rest: request, body: body) }
    let sent = try take(from: client)
    try feed(sent, to: server)
    try recorder.whole.forEach { try answer(server, $0) }
    return try withExtendedLifetime(recorder) { try take(from: server) }
  }

  private static func feed(_ bytes: [UInt8], to session: HTTP2Session) throws {
    let block = SharedBytes(capacity: bytes.count)
    bytes.withUnsafeBytes { _ = block.append($0) }
    try session.receive(block.bytes)
  }

  private static func take(from session: HTTP2Session) throws -> [UInt8] {
    let gather = GatherBuffer()
    var bytes: [UInt8] = []
    repeat {
      gather.clear()
      try session.produce(into: gather)
      for segment in gather.segments { bytes += segment.bytes }
    } while !gather.isEmpty
    return bytes
  }
}

/// Notes which requests are whole.
private final class RequestRecorder: HTTP2Handler {
  private(set) var whole: [Int32] = []

  func stream(
    _ id: Int32, didReceiveHeader name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
  ) {}
  func streamDidReceiveHead(_ id: Int32, isTrailer: Bool) {}
  func stream(_ id: Int32, didReceiveData bytes: UnsafeRawBufferPointer) {}
  func streamDidEndRemotely(_ id: Int32) { whole.append(id) }
  func stream(_ id: Int32, didCloseWith errorCode: UInt32) {}
  func sessionDidReceiveGoAway(lastStreamID: Int32, errorCode: UInt32, reason: String) {}
  func sessionDidReceiveSettings() {}
  func sessionDidReceivePingAnswer() {}
}
