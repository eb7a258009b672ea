public import Competition

/// How a `RoundWriter` works: what an answer must be like, and how much may wait.
public struct RoundWriterOptions: Hashable, Sendable {
  /// The bounds of one answer: nesting and bytes.
  public var limits = Limits()
  /// Whether an answer must be a list of horizon / step objects (`predict.shape: densities`).
  public var checksShape = false
  /// The competition that the rounds belong to; part of every segment and notice.
  public var crunchID = "condorgame"
  /// This worker's share of the models, all by default; part of the key of `updraft_rounds`.
  public var shard = Shard.whole
  /// Where answers are kept until they are in the database; nil keeps them in memory only.
  public var spool: SpoolOptions?
  /// How long rows of `updraft_rounds` are kept (`retention.rounds`), nil for ever, the default.
  /// Older ones are deleted at the start and every hour.
  public var roundsKeptFor: Duration?
  /// Bytes that rounds may hold in memory beyond the one that is open.
  public var queuedBytesMax = Limits.queuedBytesMax
  /// Requests (`perform`) that may wait. Default 64: a worker makes a few at each tick.
  public var queuedRequestsMax = 64

  /// The default options.
  public init() {}
}
