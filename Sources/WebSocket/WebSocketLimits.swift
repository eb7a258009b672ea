/// The bounds of one WebSocket connection.
public struct WebSocketLimits: Sendable, Hashable {
  /// The largest message received, fragments joined, bytes. Beyond: close 1009. Default 16 MiB:
  /// 10,000 orchestrator entries × 1.6 KB.
  public var messageBytesMax: Int
  /// The largest HTTP head received, its blank line included, bytes. Beyond: a server answers 431,
  /// a client gives up. Default 8 KiB, as usual web servers.
  public var headBytesMax: Int
  /// What may wait in `takeOutput()`, bytes. Beyond: `sendText` answers `.queueFull`. Default
  /// 32 MiB: two of the largest messages.
  public var queuedBytesMax: Int

  /// What pings, pongs and closes may take beyond `queuedBytesMax`, bytes: 64 KiB, 500 of the
  /// largest. Beyond: the peer asks and does not read, so the connection fails.
  public static let controlBytesMax = 64 << 10
  /// What is kept of the text that explains a refused upgrade, bytes.
  public static let refusalBytesMax = 1 << 10

  /// Limits with these values, negative ones taken as 0.
  public init(
    messageBytesMax: Int = 16 << 20, headBytesMax: Int = 8 << 10, queuedBytesMax: Int = 32 << 20
  ) {
    self.messageBytesMax = max(0, messageBytesMax)
    self.headBytesMax = max(0, headBytesMax)
    self.queuedBytesMax = max(0, queuedBytesMax)
  }
}
