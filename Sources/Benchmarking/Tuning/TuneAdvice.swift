/// What to set, and what it costs; every number follows from the measured ones by a formula of
/// docs/benchmarks.md.
public struct TuneAdvice: Hashable, Sendable {
  /// What was measured beside the models' times.
  public struct Load: Hashable, Sendable {
    /// Models that take part.
    public var models: Int
    /// Bytes of all answers of a round; nil when not known.
    public var roundBytes: Double?
    /// Predict rounds a minute, of all schedules.
    public var roundsPerMinute: Double
    /// CPU time of the client for a round, milliseconds; nil when not known.
    public var cpuMillisPerRound: Double?
    /// CPU time to connect all models, milliseconds; nil when not known.
    public var connectCPUMillis: Double?
    /// Cores that the predict worker may use.
    public var cores: Int

    /// A load with every value given.
    public init(
      models: Int, roundBytes: Double?, roundsPerMinute: Double, cpuMillisPerRound: Double?,
      connectCPUMillis: Double?, cores: Int
    ) {
      self.models = models
      self.roundBytes = roundBytes
      self.roundsPerMinute = roundsPerMinute
      self.cpuMillisPerRound = cpuMillisPerRound
      self.connectCPUMillis = connectCPUMillis
      self.cores = cores
    }
  }

  /// What the operator wants.
  public struct Goal: Hashable, Sendable {
    /// The share of calls that may be cut off. Default 0.1 %.
    public var cutShareMax = 0.001
    /// How long one loop may work on a round, milliseconds. Default 50.
    public var loopMillisMax = 50.0
    /// How long a turn of the loop may be kept busy by models that connect, milliseconds. Default
    /// 50.
    public var connectMillisMax = 50.0
    /// How long the database may be away, seconds. Default 6 hours.
    public var outageSeconds = 21_600.0

    /// The defaults.
    public init() {}
  }

  /// One line of the advice.
  public struct Setting: Hashable, Sendable {
    /// As in game.yml.
    public let name: String
    /// As game.yml takes it.
    public let value: String
    /// Where the value comes from.
    public let reason: String
    /// What it takes.
    public let cost: String
  }

  /// Memory of the predict worker before its first model, bytes (docs/performance.md).
  static let baseBytes = 33_000_000.0
  /// Memory of a connected model beside its answer, bytes: 72 KB − 55 KB (docs/performance.md).
  static let modelBytes = 17_000.0
  /// Bounds are never advised below this, bytes: 256 MiB.
  static let sizeMin = 268_435_456.0
  /// Free room above what the spool is computed to need.
  static let spoolReserve = 1.25

  /// Deadlines with their costs, the shortest first; from the one that cuts nearly everybody off to
  /// the one that changes nothing any more.
  public let timeouts: [TimeoutCost]
  /// The advised one; nil when even the longest cuts off more than the goal allows.
  public let timeout: TimeoutCost?
  /// One for each setting that the measured numbers say something of.
  public let settings: [Setting]

  /// Does the arithmetic.
  public init(times: ModelTimes, load: Load, goal: Goal = Goal()) {
    let costs = TimeoutCost.ladder.map { TimeoutCost($0, times) }
    let last = costs.firstIndex { $0.cutShare == costs.last?.cutShare } ?? costs.count - 1
    let first = costs.lastIndex { $0.cutShare > 0.999 } ?? 0
    timeouts = Array(costs[min(first, last)...last])
    timeout = costs.first { $0.cutShare <= goal.cutShareMax }
    settings = [
      Self.timeoutSetting(timeout, costs, times, goal), Self.loopSetting(load, goal),
      Self.connectSetting(load, goal), Self.roundSetting(load), Self.spoolSetting(load, goal),
    ].compactMap(\.self)
  }

  private static func timeoutSetting(
    _ timeout: TimeoutCost?, _ costs: [TimeoutCost], _ times: ModelTimes, _ goal: Goal
  ) -> Setting? {
    guard let longest = costs.last else { return nil }
    let chosen = timeout ?? longest
    let goalText = "\(NumberText.describe(goal.cutShareMax * 100)) %"
    let reason =
      timeout == nil
      ? "no deadline keeps to \(goalText): \(NumberText.describe(chosen.cutShare * 100)) % of the "
        + "calls had run into theirs already"
      : "the shortest that cuts off at most \(goalText) of \(times.callCount) calls"
    return Setting(
      name: "predict.timeout", value: duration(millis: chosen.millis), reason: reason,
      cost: "\(NumberText.describe(chosen.cutShare * 100)) % of calls, and "
        + "\(NumberText.describe(chosen.lostModelShare * 100)) % of models most of the time; a "
        + "round lasts this long whenever one model hangs")
  }

  /// L = ⌈c / b⌉ loops for c ms of CPU a round and b ms that one loop may work, at most the cores.
  private static func loopSetting(_ load: Load, _ goal: Goal) -> Setting? {
    guard let cpu = load.cpuMillisPerRound else { return nil }
    let wanted = max(1, Int((cpu / goal.loopMillisMax).rounded(.up)))
    let loops = min(wanted, max(1, load.cores))
    let share = cpu * load.roundsPerMinute / 60_000
    return Setting(
      name: "predict.loops", value: "\(loops)",
      reason:
        "\(NumberText.describe(cpu)) ms of CPU a round, \(NumberText.describe(cpu / Double(loops)))"
        + " ms a loop"
        + (wanted > loops ? "; \(wanted) would be wanted, the cores are \(load.cores)" : ""),
      cost: "\(NumberText.describe(share * 100)) % of one core, whatever the number of loops")
  }

  /// P = ⌊b / k⌋ connections at once for k ms of CPU each, from 8 to 512.
  private static func connectSetting(_ load: Load, _ goal: Goal) -> Setting? {
    guard let cpu = load.connectCPUMillis, load.models > 0, cpu > 0 else { return nil }
    let each = cpu / Double(load.models)
    let count = Int(min(512, max(8, goal.connectMillisMax / each)))
    return Setting(
      name: "limits.connects_in_progress_max", value: "\(count)",
      reason: "\(NumberText.describe(each)) ms of CPU a connection",
      cost:
        "the loop may be busy for \(NumberText.describe(Double(count) * each)) ms when all come "
        + "at once; all \(load.models) take \(NumberText.describe(cpu)) ms")
  }

  private static func roundSetting(_ load: Load) -> Setting? {
    guard let bytes = load.roundBytes else { return nil }
    let memory = baseBytes + Double(load.models) * modelBytes + bytes
    return Setting(
      name: "limits.round_bytes_max", value: size(max(sizeMin, bytes * 4)),
      reason: "a round's answers are \(size(bytes)); four times that, at least 256 MiB",
      cost: "about \(size(memory)) of memory in a usual round: 33 MB + models × 17 KB + answers")
  }

  /// S = 1.25 · B · r · t for B bytes a round, r rounds a second and t seconds without the
  /// database.
  private static func spoolSetting(_ load: Load, _ goal: Goal) -> Setting? {
    guard let bytes = load.roundBytes, load.roundsPerMinute > 0 else { return nil }
    let needed = spoolReserve * bytes * load.roundsPerMinute / 60 * goal.outageSeconds
    return Setting(
      name: "spool.bytes_max", value: size(max(sizeMin, needed)),
      reason: "\(NumberText.describe(goal.outageSeconds / 3_600)) h without the database at "
        + "\(NumberText.describe(load.roundsPerMinute)) rounds a minute, a quarter more",
      cost: "so much disk, used only while the database is away; "
        + "\(size(bytes * load.roundsPerMinute / 60)) written a second")
  }

  /// Whole MiB or GiB, rounded up, as game.yml takes them.
  static func size(_ bytes: Double) -> String {
    let mebibytes = (bytes / 1_048_576).rounded(.up)
    return mebibytes < 10_240
      ? "\(Int(mebibytes))MiB" : "\(Int((mebibytes / 1_024).rounded(.up)))GiB"
  }

  /// The ladder has whole milliseconds, and whole seconds from one second on.
  private static func duration(millis: Double) -> String {
    millis < 1_000 ? "\(Int(millis))ms" : "\(Int(millis / 1_000))s"
  }
}
