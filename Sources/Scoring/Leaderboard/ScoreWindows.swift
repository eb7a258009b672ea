public import Competition

/// How far the leaderboard's windows reach back, by `resolvable_at` (`score.windows`).
public struct ScoreWindows: Hashable, Sendable {
  /// Default 24 h.
  public var recent: Duration
  /// Default 72 h.
  public var steady: Duration
  /// Default 7 days; also how far back a param must have been scored to count.
  public var anchor: Duration
  /// Condor's own oddities (`score.compat`): whether a window is old enough is asked of the scores
  /// in the anchor window alone, so that the anchor score is practically never there; all params
  /// ever scored count; a steady or recent score of 0 ranks like none.
  public var compat: Bool

  /// The default windows.
  public init(
    recent: Duration = .seconds(86_400), steady: Duration = .seconds(3 * 86_400),
    anchor: Duration = .seconds(7 * 86_400), compat: Bool = false
  ) {
    self.recent = recent
    self.steady = steady
    self.anchor = anchor
    self.compat = compat
  }

  /// Sums up the scored predictions of one model and one param, in any order.
  ///
  /// A window's score is the mean over the predictions in it, failed ones included; it is nil until
  /// a scored prediction is at least as old as the window, and when the window holds none.
  public struct Tally: Sendable {
    private let windows: ScoreWindows
    private let now: UTCTime
    private var recent = RunningMean()
    private var steady = RunningMean()
    private var anchor = RunningMean()
    private var oldest: UTCTime?
    private var newest: UTCTime?

    /// An empty tally at the time `now`.
    public init(_ windows: ScoreWindows, at now: UTCTime) {
      self.windows = windows
      self.now = now
    }

    /// Adds a scored prediction. A score that is not finite is not counted.
    public mutating func add(score: Double, resolvableAt: UTCTime) {
      guard score.isFinite else { return }
      note(resolvableAt: resolvableAt)
      if isIn(windows.recent, resolvableAt) { recent.add(score) }
      if isIn(windows.steady, resolvableAt) { steady.add(score) }
      if isIn(windows.anchor, resolvableAt) { anchor.add(score) }
    }

    /// Notes that a scored prediction exists without counting it: for the oldest one, when only the
    /// anchor window was read from the database.
    public mutating func note(resolvableAt: UTCTime) {
      newest = max(newest ?? resolvableAt, resolvableAt)
      if windows.compat, !isIn(windows.anchor, resolvableAt) { return }
      oldest = min(oldest ?? resolvableAt, resolvableAt)
    }

    /// The means so far.
    public var score: WindowScore {
      WindowScore(
        recent: isFull(windows.recent) ? recent.value : nil,
        steady: isFull(windows.steady) ? steady.value : nil,
        anchor: isFull(windows.anchor) ? anchor.value : nil)
    }

    /// Whether the param was scored within the anchor window, so that it counts in `overall`.
    public var isCurrent: Bool { newest.map { isIn(windows.anchor, $0) } ?? false }

    private func isIn(_ window: Duration, _ time: UTCTime) -> Bool {
      time >= now.advanced(by: .zero - window)
    }

    private func isFull(_ window: Duration) -> Bool {
      oldest.map { $0 <= now.advanced(by: .zero - window) } ?? false
    }
  }
}

/// A mean that no sum can overflow.
private struct RunningMean {
  private var count = 0.0
  private var mean = 0.0

  mutating func add(_ value: Double) {
    count += 1
    mean += value / count - mean / count
  }

  var value: Double? { count > 0 ? mean : nil }
}
