/// What happened on a WebSocket connection.
public enum WebSocketEvent: Sendable, Hashable {
  /// The handshake is done and texts may be sent. A server gets the path that was asked for,
  /// percent-decoded, without its query; a client gets its own.
  case upgraded(path: String)
  /// A whole text message, valid UTF-8.
  case text([UInt8])
  /// A whole binary message, thrown away; its length in bytes.
  case binary(count: Int)
  /// The answer to a ping.
  case pong
  /// The connection is over: by a close frame, which has been answered (code 1005 when it holds
  /// none), or by the end of the transport without one (code 1006).
  case closed(code: UInt16, reason: String)
  /// The server answered the upgrade with another status. Client only. The connection is over.
  case refused(status: Int, body: String)
  /// The peer broke the rules or a limit; the connection is over. What tells the peer so is in the
  /// output.
  case failed(WebSocketError)
}
