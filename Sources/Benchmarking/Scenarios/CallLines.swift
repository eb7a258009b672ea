internal import JSON

/// What a client printed: a JSON object for each round, then a summary.
public struct CallLines: Sendable {
  /// Rounds in their order.
  public struct Round: Sendable {
    /// From the round's start to its end.
    public let wallMillis: Double
    /// How long after its scheduled start it began; nil when the client doesn't say.
    public let lateMillis: Double?
    /// Calls that ended well.
    public let successCount: Int
    /// Calls that were sent.
    public let sentCount: Int
    /// What each model did, by its id; empty without `--results`.
    public let models: [String: HeatMap.Cell]
  }

  /// Shape: [roundCount].
  public private(set) var rounds: [Round] = []
  /// Models that were connected when the first round began.
  public private(set) var connectedCount = 0
  /// From the client's start to its last model, milliseconds.
  public private(set) var connectMillis: Double?
  /// CPU time of that, milliseconds.
  public private(set) var connectCPUMillis: Double?
  /// CPU time of the client, all threads, for each round on average.
  public private(set) var cpuMillisPerRound: Double?
  /// The client's peak memory, MB.
  public private(set) var residentPeakMegabytes: Double?

  /// Reads the text.
  ///
  /// - Throws: `BenchError` that quotes the line which is no such object, or says that there is no
  ///   summary.
  public init(_ text: String) throws(BenchError) {
    var hasSummary = false
    for line in text.split(separator: "\n") where !line.allSatisfy(\.isWhitespace) {
      guard let object = try? JSONValue.parse(text: line) else {
        throw BenchError("a client's line is no JSON: \(line.prefix(120))")
      }
      if object["summary"]?.boolValue == true {
        hasSummary = true
        take(summary: object)
      } else {
        guard let round = Round(object) else {
          throw BenchError("a client's line has no wall_ms, success and sent: \(line.prefix(120))")
        }
        rounds.append(round)
      }
    }
    guard hasSummary else { throw BenchError("a client ended without its summary") }
  }

  private mutating func take(summary: JSONValue) {
    connectedCount = Int(summary["connected"]?.intValue ?? summary["models"]?.intValue ?? 0)
    connectMillis = summary["connect_ms"]?.doubleValue
    connectCPUMillis = summary["connect_cpu_ms"]?.doubleValue
    cpuMillisPerRound = summary["cpu_ms_per_round"]?.doubleValue
    residentPeakMegabytes = summary["rss_peak_mb"]?.doubleValue
  }

  /// Milliseconds from each round's scheduled start to its end, those after `warmup` only: as the
  /// client says, else by `OpenLoop`.
  public func latencies(intervalMillis: Double, warmup: Int) -> [Double] {
    let counted = rounds.dropFirst(warmup)
    if intervalMillis > 0, counted.allSatisfy({ $0.lateMillis != nil }) {
      return counted.map { $0.wallMillis + ($0.lateMillis ?? 0) }
    }
    return OpenLoop.latencies(
      wallMillis: counted.map(\.wallMillis), intervalMillis: intervalMillis)
  }

  /// The share of sent calls that ended well; 0 when nothing was sent.
  public var answeredShare: Double {
    let sent = rounds.reduce(0) { $0 + $1.sentCount }
    return sent == 0 ? 0 : Double(rounds.reduce(0) { $0 + $1.successCount }) / Double(sent)
  }
}

extension CallLines.Round {
  fileprivate init?(_ object: JSONValue) {
    guard let wall = object["wall_ms"]?.doubleValue, let success = object["success"]?.intValue,
      let sent = object["sent"]?.intValue
    else { return nil }
    wallMillis = wall
    lateMillis = object["late_ms"]?.doubleValue
    successCount = Int(success)
    sentCount = Int(sent)
    var models: [String: HeatMap.Cell] = [:]
    for result in object["results"]?.arrayValue ?? [] {
      guard let id = result["model_id"]?.stringValue else { continue }
      models[id] =
        switch result["status"]?.stringValue {
        case "SUCCESS": .answered((result["exec_time_us"]?.doubleValue ?? 0) / 1_000)
        case "TIMEOUT": .timeout
        default: .failed
        }
    }
    self.models = models
  }
}
