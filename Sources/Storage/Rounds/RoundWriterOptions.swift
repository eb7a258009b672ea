public import Competition

/// How a `RoundWriter` works: what an answer must be like, and how much may wait.
public struct RoundWriterOptions: Hashable, Sendable {
  /// The bounds of one answer: nesting and bytes.
  public var limits = Limits()
  /// Whether an answer must be a list of horizon / step objects (`predict.shape: densities`).
  public var checksShape = false
  /// This worker's share of the models, `1/1` for all; part of the key of `updraft_rounds`.
  public var shard = "1/1"
  /// How long rows of `updraft_rounds` are kept (`retention.rounds`), nil for ever, the default.
  /// Older ones are deleted at the start and every hour, whenever no round waits.
  public var roundsKeptFor: Duration?
  /// Rounds that may wait. Default 1,000: more than an hour of eight Condor configs.
  public var queuedRoundsMax = 1_000
  /// Bytes of answers that may wait. Default 1 GiB: 19 rounds of 1,000 × 55 KB.
  public var queuedBytesMax = 1 << 30
  /// Requests (`perform`) that may wait. Default 64: a worker makes a few at each tick.
  public var queuedRequestsMax = 64

  /// The default options.
  public init() {}
}
