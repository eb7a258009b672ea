/// The bounds and times of a feed.
public struct FeedOptions: Hashable, Sendable {
  /// How often a client is pinged; nil means never.
  public var pingInterval: Duration? = .seconds(20)
  /// How long a client may leave a ping unanswered.
  public var pingTimeout: Duration = .seconds(20)
  /// How long a client may take for its upgrade request, and for its part of a close.
  public var handshakeTimeout: Duration = .seconds(10)
  /// Clients at once; more are turned away. 256: a few coordinators, each with shards.
  public var clientsMax = 256
  /// What may wait for one client, bytes; a slower one is dropped. 8 MiB: three `init`s of 5,000
  /// models.
  public var queuedBytesMax = 8 << 20
  /// The largest message of a client, bytes: 5,000 reports of 200 bytes.
  public var messageBytesMax = 1 << 20
  /// Messages of one client that make no sense, until it is dropped.
  public var refusalsMax = 100

  /// The default options.
  public init() {}
}
