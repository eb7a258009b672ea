public import JSON

/// What a benchmark is to do, every parameter written out.
public struct BenchPlan: Hashable, Sendable {
  /// The most models: the fleet's own bound.
  public static let modelsMax = 20_000

  /// What is measured.
  public var scenario: Scenario
  /// Simulated models.
  public var models = 1_000
  /// The size of an answer, bytes; Condor's is about 55 KB.
  public var replyBytes = 55_000
  /// The size of a call's argument, bytes: the price history of `tickHistory`.
  public var argumentBytes = 0
  /// How long models think, as `updraft fleet --delay-ms` takes it.
  public var delay = "fixed:0"
  /// The share of models that fail.
  public var failFraction = 0.0
  /// The share of models that never answer.
  public var hangFraction = 0.0
  /// The share of models that break their connection.
  public var resetFraction = 0.0
  /// The share of all calls, over all models, that go wrong at random.
  public var faultRate = 0.0
  /// Loop threads of our client.
  public var loops = 1
  /// Whether models and client prove themselves over mutual TLS.
  public var isSecure = false
  /// Rounds a second; nil: each begins when the one before has ended.
  public var rate: Double?
  /// Measured rounds of a run.
  public var rounds = 20
  /// Rounds before them that are not counted.
  public var warmup = 2
  /// Runs of each candidate, in turn.
  public var runs = 3
  /// The deadline of a round, milliseconds.
  public var timeoutMillis = 60_000.0
  /// How long a scenario that plays in real time lasts, seconds.
  public var seconds = 20.0
  /// Connections of the report's clients.
  public var connections = 8
  /// Decides who misbehaves, how long each thinks, and the stored predictions.
  public var seed: UInt64 = 1

  /// The scenario with its own defaults.
  public init(_ scenario: Scenario) {
    self.scenario = scenario
    switch scenario {
    case .fanout: break
    case .tickHistory:
      (models, argumentBytes, rounds, warmup) = (500, 4_660_000, 3, 1)
    case .deadline:
      (replyBytes, rounds, runs) = (10_000, 1_000, 1)
      (hangFraction, timeoutMillis) = (0.1, 100)
    case .connect: (rounds, warmup, replyBytes) = (5, 1, 1_000)
    case .store: (rounds, warmup) = (5, 1)
    case .score: (models, rounds, warmup) = (500, 1, 0)
    case .report: (rate, seconds) = (200, 10)
    case .endToEnd: (models, runs, timeoutMillis) = (100, 1, 5_000)
    case .soak:
      (models, runs, timeoutMillis) = (200, 1, 200)
      (seconds, faultRate) = (1_800, 0.02)
    }
  }

  /// The time between two scheduled starts, milliseconds; 0 without a rate.
  public var intervalMillis: Double { rate.map { 1_000 / $0 } ?? 0 }

  /// The first thing that is wrong, as an operator reads it: `--models: must be …`; nil when all is
  /// well.
  public var problem: String? {
    func share(_ name: String, _ value: Double) -> String? {
      (0...1).contains(value) ? nil : "--\(name): must be from 0 to 1, got \(value)"
    }
    func range(_ name: String, _ value: Int, _ range: ClosedRange<Int>) -> String? {
      range.contains(value)
        ? nil
        : "--\(name): must be from \(range.lowerBound) to \(range.upperBound), got \(value)"
    }
    let numbers = [
      range("models", models, 1...Self.modelsMax), range("reply-bytes", replyBytes, 1...67_108_864),
      range("arg-bytes", argumentBytes, 0...67_108_864), range("loops", loops, 1...64),
      range("rounds", rounds, 1...1_000_000), range("warmup", warmup, 0...10_000),
      range("runs", runs, 1...100), range("connections", connections, 1...1_000),
      share("fail-fraction", failFraction), share("hang-fraction", hangFraction),
      share("reset-fraction", resetFraction), share("fault-rate", faultRate),
    ]
    if let problem = numbers.compactMap(\.self).first { return problem }
    if failFraction + hangFraction + resetFraction > 1 {
      return "--fail-fraction, --hang-fraction, --reset-fraction: together at most 1"
    }
    if let rate, !(rate > 0 && rate <= 1_000_000) {
      return "--rate: must be more than 0 and at most 1000000 a second, got \(rate)"
    }
    if !(timeoutMillis > 0) { return "--timeout: must be longer than 0" }
    if !(seconds > 0) { return "--duration: must be longer than 0" }
    return nil
  }

  /// As the report's first line has it.
  public var json: JSONValue {
    [
      "scenario": .string(scenario.rawValue), "models": .int(Int64(models)),
      "reply_bytes": .int(Int64(replyBytes)), "arg_bytes": .int(Int64(argumentBytes)),
      "delay_ms": .string(delay), "fail_fraction": .double(failFraction),
      "hang_fraction": .double(hangFraction), "reset_fraction": .double(resetFraction),
      "fault_rate": .double(faultRate), "loops": .int(Int64(loops)), "secure": .bool(isSecure),
      "rate": rate.map { .double($0) } ?? .null, "rounds": .int(Int64(rounds)),
      "warmup": .int(Int64(warmup)), "runs": .int(Int64(runs)),
      "timeout_ms": .double(timeoutMillis), "seconds": .double(seconds),
      "connections": .int(Int64(connections)), "seed": .string(String(seed)),
    ]
  }

  /// Reads what `json` wrote; nil when the scenario is unknown. What is missing has its default.
  init?(_ json: JSONValue) {
    guard let scenario = json["scenario"]?.stringValue.flatMap(Scenario.init) else { return nil }
    self.init(scenario)
    func int(_ key: String, _ path: WritableKeyPath<BenchPlan, Int>) {
      if let value = json[key]?.intValue { self[keyPath: path] = Int(value) }
    }
    func double(_ key: String, _ path: WritableKeyPath<BenchPlan, Double>) {
      if let value = json[key]?.doubleValue { self[keyPath: path] = value }
    }
    int("models", \.models)
    int("reply_bytes", \.replyBytes)
    int("arg_bytes", \.argumentBytes)
    int("loops", \.loops)
    int("rounds", \.rounds)
    int("warmup", \.warmup)
    int("runs", \.runs)
    int("connections", \.connections)
    double("fail_fraction", \.failFraction)
    double("hang_fraction", \.hangFraction)
    double("reset_fraction", \.resetFraction)
    double("fault_rate", \.faultRate)
    double("timeout_ms", \.timeoutMillis)
    double("seconds", \.seconds)
    delay = json["delay_ms"]?.stringValue ?? delay
    isSecure = json["secure"]?.boolValue ?? isSecure
    rate = json["rate"]?.doubleValue
    seed = json["seed"]?.stringValue.flatMap { UInt64($0) } ?? seed
  }

  /// Names of the parameters in which two plans differ; figures of such plans are of different
  /// things. Runs, rounds and warm-up only make them more or less certain.
  public func differences(from other: BenchPlan) -> [String] {
    guard let mine = json.objectValue, let theirs = other.json.objectValue else { return [] }
    let free: Set = ["rounds", "warmup", "runs", "seconds"]
    return zip(mine, theirs).filter { $0.0.value != $0.1.value && !free.contains($0.0.key) }
      .map { $0.0.key }
  }
}
