/// What became of something to be sent.
public enum WebSocketSendResult: Sendable, Hashable {
  /// It is in the output.
  case queued
  /// It would not fit into the output's limit; nothing was queued. Take the output first, or drop
  /// the slow peer.
  case queueFull
  /// The connection is not open: the handshake is not done, or it is closing or closed.
  case notOpen
}
