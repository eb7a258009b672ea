/// Why a WebSocket connection failed.
public struct WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of a failure.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The peer does not speak HTTP/1.1.
    case notHTTP
    /// The peer's HTTP head is over the limit.
    case headTooLarge
    /// The peer's HTTP head breaks HTTP's grammar.
    case malformedHead
    /// A request that asks for no upgrade: a browser or a health check.
    case notAnUpgrade
    /// An upgrade request or its answer that breaks the WebSocket handshake.
    case badUpgrade
    /// A frame that breaks the protocol: masking, reserved bits, order, a bad close.
    case protocolViolation
    /// A text message that is not UTF-8.
    case badText
    /// A message over the limit.
    case messageTooBig
    /// The peer makes us answer but does not read.
    case outputQueueFull
    /// The transport ended in the middle of the handshake.
    case transportEnded
    /// The WebSocket library or the random generator failed.
    case libraryFailed
  }

  /// The kind of the failure.
  public let code: Code
  /// wslay's error code; 0 when it reported none.
  public let libraryCode: Int32
  /// What was being done.
  public let doing: String
  /// The cause, and what the reader can do about it.
  public let detail: String

  /// One line: what was being done, the cause and what to do.
  public var description: String {
    libraryCode == 0 ? "\(doing): \(detail)" : "\(doing): \(detail) (wslay error \(libraryCode))"
  }

  init(_ code: Code, libraryCode: Int32 = 0, _ doing: String, _ detail: String) {
    self.code = code
    self.libraryCode = libraryCode
    self.doing = doing
    self.detail = detail
  }
}
