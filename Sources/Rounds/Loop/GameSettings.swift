public import Competition

/// The settings of the loop, from `predict` in `game.yml`.
public struct GameSettings: Sendable {
  /// The time from one tick to the next. Default 60 s.
  public var tick = Duration.seconds(60)
  /// The deadline of a tick and of a predict round. Default 60 s.
  public var timeout = Duration.seconds(60)
  /// How long a round that is open may go on after a stop was requested. Default 8 s.
  public var stopGrace = Duration.seconds(8)
  /// How long a model that left gets ABSENT records; nil is for ever, the default.
  public var absentAfter: Duration?
  /// How long an asset's price must stand still for its market to be closed; nil is for ever, the
  /// default.
  public var closedAfter: Duration?
  /// What is done about rounds of closed markets. Default `flag`.
  public var closedMarkets = ClosedMarketPolicy.flag
  /// The models that this worker serves. Default all.
  public var shard = Shard.whole
  /// Whether to end after one tick and one round of each group. Default false.
  public var once = false

  /// Condor's defaults.
  public init() {}
}
