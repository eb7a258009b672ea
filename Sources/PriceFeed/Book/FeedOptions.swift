/// How a `PriceBook` asks its source; the defaults are Condor's.
public struct FeedOptions: Hashable, Sendable {
  /// How far back the history reaches, and how long points are kept. Default 30 d.
  public var history: Duration = .seconds(30 * 86_400)
  /// The distance between two points. Default 60 s.
  public var resolution = PriceResolution.minute
  /// The time that one request may take. Default 10 s.
  public var requestTimeout: Duration = .seconds(10)
  /// Requests for one asset before the feed waits for the next update. Default 10.
  public var triesMax = 10
  /// The pause after a failed request for an asset. Default 5 s.
  public var tryDelay: Duration = .seconds(5)
  /// How often the book updates itself; nil (the default) means only when asked.
  public var updateEvery: Duration?
  /// An asset whose newest point is older than this many resolutions is stale. Default 3: the
  /// interval that is still open, one of the source's delay, and one to spare.
  public var staleAfterResolutions = 3

  /// The defaults.
  public init() {}

  /// The first setting that cannot work; nil when all can.
  func problem() -> PriceError? {
    let requirements: [(Bool, String, String)] = [
      (history >= .seconds(resolution.seconds), "prices.history", "must reach one resolution back"),
      (history <= .seconds(3_660 * 86_400), "prices.history", "must be at most 3660d"),
      (requestTimeout > .zero, "prices.timeout", "must be > 0"),
      (triesMax > 0, "prices.tries", "must be at least 1"),
      (tryDelay >= .zero, "prices.try_delay", "must not be negative"),
      (updateEvery.map { $0 >= .milliseconds(10) } ?? true, "prices.update", "must be ≥ 10ms"),
      (staleAfterResolutions > 0, "prices.stale", "must be at least 1"),
    ]
    return requirements.first { !$0.0 }.map {
      PriceError(.badSetting, subject: $0.1, detail: $0.2, advice: "change it in the game file")
    }
  }
}
