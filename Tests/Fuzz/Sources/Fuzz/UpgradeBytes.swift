import JSON
@testable import Orchestration
import WebSocket

/// What a coordinator sends to our feed: an upgrade request, then frames, with failure reports.
///
/// The first byte cuts the rest into pieces.
struct UpgradeBytes: FuzzTarget {
  static let name = "upgrade"
  private static let limits = WebSocketLimits(messageBytesMax: 4 << 10, headBytesMax: 1 << 10)

  func run(_ input: UnsafeRawBufferPointer) {
    guard let pieces = Pieces(input) else { return }
    let history = Self.history { body in pieces.each(of: pieces.rest, body) }
    if pieces.pieceBytes > 0 {
      let whole = Self.history { body in body(pieces.rest) }
      promise(
        history.lines == whole.lines,
        "the cut changes nothing: \(history.lines) instead of \(whole.lines)")
    }
    for text in history.texts {
      guard let message = try? JSONValue.parse(bytes: text) else { continue }
      for report in message["data"]?.arrayValue ?? [] {
        guard let report = try? FailureReport(report) else { continue }
        promise(!report.modelID.rawValue.isEmpty, "a report names a model")
        promise(
          (report.reason?.count ?? 0) <= FailureReport.reasonCharactersMax, "a reason is short")
      }
    }
  }

  private static func history(
    _ feed: ((UnsafeRawBufferPointer) -> Void) -> Void
  ) -> SocketHistory {
    let socket = WebSocketConnection.server(limits: limits)
    var history = SocketHistory()
    feed { piece in
      for event in socket.receive(piece) {
        history.add(event)
        if case .upgraded = event {
          let message = #"{"event":"init","data":[]}"#
          promise(
            socket.isClosed || socket.sendText(message.utf8) != .queueFull,
            "there is room for the first message")
        }
      }
    }
    for event in socket.transportEnded() { history.add(event) }
    promise(socket.isClosed, "a connection without transport is over")
    return history
  }
}

extension UpgradeBytes {
  static func seeds() -> [(name: String, bytes: [UInt8])] {
    let head =
      "GET /condorgame?x=1 HTTP/1.1\r\nHost: localhost:9091\r\nUpgrade: websocket\r\n"
      + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
      + "Sec-WebSocket-Version: 13\r\n\r\n"
    let report =
      #"{"event":"report_failure","data":[{"model_id":"7","failure_code":"MULTIPLE_FAILED","#
      + #""failure_reason":"3 in a row","ip":"127.0.0.1"},{"model_id":"8"}]}"#
    // A mask of zeros, so that the fuzzer sees the text.
    let text = Array(report.utf8)
    let frame: [UInt8] =
      [0x81, 0xFE, UInt8(text.count >> 8), UInt8(text.count & 0xFF), 0, 0, 0, 0] + text
    let fragments: [UInt8] =
      [0x01, 0x82, 0, 0, 0, 0, 0x7B, 0x22, 0x80, 0x82, 0, 0, 0, 0, 0x22, 0x7D]
    let control: [UInt8] =
      [0x89, 0x81, 0, 0, 0, 0, 0x70, 0x8A, 0x80, 0, 0, 0, 0]
      + [0x88, 0x85, 0, 0, 0, 0, 0x03, 0xE8, 0x62, 0xC3, 0xBC]
    let plain = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    return [
      ("report", [0] + Array(head.utf8) + frame + control),
      ("fragments", [5] + Array(head.utf8) + fragments + control),
      ("plain", [0] + Array(plain.utf8)), ("tls", [0, 0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
    ]
  }
}
