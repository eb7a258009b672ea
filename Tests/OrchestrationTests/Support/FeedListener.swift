import EventLoop
import JSON
import WebSocket

@testable import Orchestration

/// A coordinator for tests: our own WebSocket client on a plain TCP connection.
final class FeedListener: TCPStreamHandler {
  /// The texts received, in order.
  private(set) var texts: [String] = []
  /// Everything the server sent, for answers that are no WebSocket.
  private(set) var raw = ""
  /// Whether the server has ended the connection.
  private(set) var hasEnded = false
  /// The code of the server's close frame; nil when there was none.
  private(set) var closeCode: UInt16?
  private let socket: WebSocketConnection?
  private var stream: TCPStream?
  private let opening: [UInt8]

  /// A client that asks for `path`.
  init(
    _ address: SocketAddress, path: String, authorization: String? = nil, on loop: Loop
  ) throws {
    let socket = WebSocketConnection.client(
      host: "127.0.0.1", port: address.port, path: path, authorization: authorization)
    self.socket = socket
    opening = socket.takeOutput()
    stream = try TCPStream.connect(to: address, on: loop, handler: self)
  }

  /// A client that sends these bytes instead of an upgrade, or none, and reads.
  init(_ address: SocketAddress, sending bytes: String, on loop: Loop) throws {
    socket = nil
    opening = Array(bytes.utf8)
    stream = try TCPStream.connect(to: address, on: loop, handler: self)
  }

  /// The messages of an event: for each entry `model state deployment`.
  func entries(_ event: String) -> [String] {
    texts.flatMap { text -> [String] in
      guard let value = try? JSONValue.parse(text: text), value["event"]?.stringValue == event
      else { return [] }
      return (value["data"]?.arrayValue ?? []).map { entry in
        ["model_id", "state", "deployment_id"].map { entry[$0]?.stringValue ?? "?" }
          .joined(separator: " ")
      }
    }
  }

  func send(_ text: String) {
    _ = socket?.sendText(text.utf8)
    flush()
  }

  func report(_ model: String, _ code: String = "MULTIPLE_FAILED") {
    send(
      #"{"event":"report_failure","data":[{"model_id":"\#(model)","failure_code":"\#(code)","#
        + #""failure_reason":"why","ip":"127.0.0.1"}]}"#)
  }

  func close() { stream?.close() }

  func streamDidConnect(_ stream: TCPStream) { _ = stream.write(opening) }

  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    guard let socket else {
      raw += String(decoding: bytes, as: UTF8.self)
      return
    }
    for event in socket.receive(bytes) {
      switch event {
      case .text(let text): texts.append(String(decoding: text, as: UTF8.self))
      case .closed(let code, _): closeCode = code
      default: break
      }
    }
    flush()
  }

  func streamDidDrain(_ stream: TCPStream) { flush() }

  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) { hasEnded = true }

  private func flush() {
    guard let socket, let stream, !stream.isWriteQueued, socket.hasOutput else { return }
    _ = stream.write(socket.takeOutput())
  }
}
