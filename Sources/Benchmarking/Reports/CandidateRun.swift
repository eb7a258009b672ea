internal import JSON

/// One run of one candidate: its figures, and what the page draws.
public struct CandidateRun: Sendable {
  /// The name of our own client.
  public static let ours = "updraft"

  /// Ours, or a peer's name.
  public var candidate: String
  /// From 1.
  public var run: Int
  /// What was measured.
  public var figures: [Figure: Double] = [:]
  /// The percentile curve: share and milliseconds.
  public var curve: [(share: Double, millis: Double)] = []
  /// Latency over the run's time, milliseconds.
  public var timeLine = TimeLine()
  /// Resident memory over the run's time, MB; empty when it was not followed.
  public var memoryLine = TimeLine()

  /// A run without figures yet.
  public init(candidate: String, run: Int) {
    self.candidate = candidate
    self.run = run
  }

  /// Takes the latencies' figures, curve and line.
  ///
  /// - Parameters:
  ///   - latencies: milliseconds. Shape: [count].
  ///   - startSeconds: when each began, since the run's begin. Shape: [count].
  public mutating func take(latencies: [Double], startSeconds: [Double]) {
    let profile = LatencyProfile(millis: latencies)
    figures.merge(Figure.latencies(profile)) { $1 }
    curve = profile.curve
    for (latency, start) in zip(latencies, startSeconds) {
      timeLine.add(latency, atSeconds: start)
    }
  }

  /// One line of the report.
  var json: JSONValue {
    [
      "candidate": .string(candidate), "run": .int(Int64(run)),
      "figures": .object(
        Figure.allCases.compactMap { figure in
          figures[figure].map { JSONMember(key: figure.rawValue, value: .double($0)) }
        }),
      "percentiles": .array(curve.map { [.double($0.share), .double($0.millis)] }),
      "latency_ms": Self.json(timeLine), "rss_mb": Self.json(memoryLine),
    ]
  }

  /// Reads what `json` wrote; nil for another kind of line. Unknown figures are left out.
  init?(_ json: JSONValue) {
    guard let candidate = json["candidate"]?.stringValue, let run = json["run"]?.intValue,
      let figures = json["figures"]?.objectValue
    else { return nil }
    self.init(candidate: candidate, run: Int(run))
    for member in figures {
      if let figure = Figure(rawValue: member.key), let value = member.value.doubleValue {
        self.figures[figure] = value
      }
    }
    curve = Self.pairs(json["percentiles"]).map { ($0, $1) }
    timeLine = TimeLine(
      points: Self.pairs(json["latency_ms"]).map { .init(seconds: $0, value: $1) })
    memoryLine = TimeLine(points: Self.pairs(json["rss_mb"]).map { .init(seconds: $0, value: $1) })
  }

  private static func json(_ line: TimeLine) -> JSONValue {
    .array(
      line.all.map { point in
        [
          .double((point.seconds * 1e4).rounded() / 1e4),
          .double((point.value * 1e4).rounded() / 1e4),
        ]
      })
  }

  private static func pairs(_ json: JSONValue?) -> [(Double, Double)] {
    (json?.arrayValue ?? []).compactMap { pair in
      guard let first = pair[0]?.doubleValue, let second = pair[1]?.doubleValue else { return nil }
      return (first, second)
    }
  }
}
