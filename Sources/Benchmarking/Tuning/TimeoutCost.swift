/// What a deadline costs the models, had it been in force.
public struct TimeoutCost: Hashable, Sendable {
  /// The deadline.
  public let millis: Double
  /// The share of all calls that would have been cut off: c(T) = (#{t > T} + timeouts) / calls.
  public let cutShare: Double
  /// The share of models that would have lost at least half of their calls.
  public let lostModelShare: Double

  /// Looks at one deadline. A call that ran into an earlier deadline counts as cut off by any.
  init(_ millis: Double, _ times: ModelTimes) {
    self.millis = millis
    var cut = 0
    var lost = 0
    for calls in times.models.values {
      let own = calls.timeoutCount + calls.answered.count { $0 > millis }
      cut += own
      if own * 2 >= calls.count { lost += 1 }
    }
    cutShare = times.callCount == 0 ? 0 : Double(cut) / Double(times.callCount)
    lostModelShare = times.models.isEmpty ? 0 : Double(lost) / Double(times.models.count)
  }

  /// The deadlines that people set: 1, 2, 3, 5, 7 and their tenfolds, from 10 ms to 60 s.
  static let ladder: [Double] =
    [10, 100, 1_000, 10_000].flatMap { power in [1, 2, 3, 5, 7].map { $0 * power } }
    .filter { $0 <= 60_000 } + [60_000]
}
