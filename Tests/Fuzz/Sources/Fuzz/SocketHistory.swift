import WebSocket

/// What a WebSocket connection told, in words that don't depend on how its bytes were cut.
struct SocketHistory {
  private(set) var lines: [String] = []
  private(set) var texts: [[UInt8]] = []
  /// wslay skips the first two bytes of each piece of a close frame when it checks the reason, so
  /// whether a bad frame is a close or a violation depends on the cut. Both end the connection.
  private static let ended = "closed, or a violation"
  private var isOpen = false
  private var isOver = false

  /// Notes an event, and checks that it may come where it comes.
  mutating func add(_ event: WebSocketEvent) {
    promise(!isOver, "nothing is told of a connection that is over, got \(event)")
    switch event {
    case .upgraded(let path):
      promise(!isOpen, "a connection is upgraded once")
      isOpen = true
      lines.append("upgraded \(path)")
    case .text(let text):
      promise(isOpen, "a text comes after the upgrade")
      promise(String(validating: text, as: UTF8.self) != nil, "a text is valid UTF-8")
      texts.append(text)
      lines.append("text \(text)")
    case .binary(let count): lines.append("binary \(count)")
    case .pong: lines.append("pong")
    case .closed(let code, _):
      isOver = true
      let isOnWire = (1_000...1_003).contains(code) || (1_007...1_011).contains(code)
      let isUsable = isOnWire || (3_000...4_999).contains(code) || (1_005...1_006).contains(code)
      promise(isUsable, "a close has a code of the protocol, got \(code)")
      lines.append(Self.ended)
    case .refused(let status, let body):
      isOver = true
      lines.append("refused \(status) \(body)")
    case .failed(let error):
      isOver = true
      promise(!error.description.isEmpty, "an error says something")
      lines.append(error.code == .protocolViolation ? Self.ended : "failed \(error.code)")
    }
  }
}
