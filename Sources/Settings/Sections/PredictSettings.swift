public import Competition
public import Resilience

/// The real-time loop (`predict`).
public struct PredictSettings: Hashable, Sendable {
  /// What a stored answer must look like.
  public enum Shape: String, Hashable, Sendable, CaseIterable {
    /// Any JSON.
    case none
    /// A list of horizon/step objects.
    case densities
  }

  /// The time from one tick to the next. Default 60 s.
  public var tick = Duration.seconds(60)
  /// The deadline of a tick and of a predict round. Default 60 s.
  public var timeout = Duration.seconds(60)
  /// The breaker's rules. Default `fair`.
  public var breaker = BreakerPolicy.fair
  /// Failures in a row that are allowed; 0 turns the limit off. Default 100.
  public var failuresMax = 100
  /// Timeouts in a row that are allowed; 0 turns the limit off. Default 100.
  public var timeoutsMax = 100
  /// Whether bad models are reported and removed. Default true; false is for debugging.
  public var reportFailures = true
  /// The share of models that fail at once above which the fault is ours. Default 0.3.
  public var panicShare = 0.3
  /// Below this many models called, `panicShare` says nothing. Default 5.
  public var panicModelsMin = 5
  /// Loop threads for the models' connections. Default 1.
  public var loops = 1
  /// The part of the models that this worker serves. Default all.
  public var shard = Shard.whole
  /// How long a model that left goes on getting ABSENT records; nil is for ever, the default.
  public var absentAfter: Duration?
  /// What a stored answer must look like. Default `none`.
  public var shape = Shape.none

  /// The default settings.
  public init() {}

  /// The limits of each model's breaker.
  public var breakerSettings: BreakerSettings {
    BreakerSettings(failuresMax: failuresMax, timeoutsMax: timeoutsMax)
  }

  /// The panic rule; `compatible` has none.
  public var panicRule: PanicRule? {
    breaker == .fair ? PanicRule(share: panicShare, modelsMin: panicModelsMin) : nil
  }

  static func read(_ section: SettingSection) -> PredictSettings {
    var settings = PredictSettings()
    settings.tick = section.duration("tick", default: settings.tick)
    settings.timeout = section.duration("timeout", default: settings.timeout)
    settings.breaker = section.choice("breaker", default: settings.breaker)
    let limits = 0...1_000_000
    settings.failuresMax = section.count("max_failures", default: settings.failuresMax, in: limits)
    settings.timeoutsMax = section.count("max_timeouts", default: settings.timeoutsMax, in: limits)
    settings.reportFailures = section.flag("report_failures", default: settings.reportFailures)
    settings.panicShare = section.fraction("panic_share", default: settings.panicShare)
    settings.panicModelsMin = section.count(
      "panic_min_models", default: settings.panicModelsMin, in: 1...1_000_000)
    settings.loops = section.count("loops", default: settings.loops, in: 1...64)
    settings.shard =
      section.value("shard", expected: "a part of the models such as 1/1 or 2/3") {
        Shard(text: $0)
      } ?? settings.shard
    settings.absentAfter = section.durationOrNever("absent_after", default: settings.absentAfter)
    settings.shape = section.choice("shape", default: settings.shape)
    return settings
  }
}
