public import Identity

/// The bounds and times of a feed, and who may report.
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
  /// Messages and reports of one client that are refused, until it is dropped; one is forgiven each
  /// second. An honest client has a few: reports of models that have just stopped.
  public var refusalsMax = 100
  /// Reports of one client at once, until it is dropped. 10,000: twice what ours keeps while it is
  /// away.
  public var reportsMax = 10_000
  /// How many more reports a client may make each second: all of 6,000 models in a minute.
  public var reportsPerSecond = 100.0
  /// What whoever reports a model must show; nil means that this machine's programs may report
  /// without it, and nobody else may.
  public var token: BearerToken?

  /// The default options.
  public init() {}
}
