public import Competition

/// Gives each round its `performed_at`: whole milliseconds, strictly increasing, so that no two
/// rounds of a worker share an id, also when the wall clock steps back.
public struct PerformedAtClock: Hashable, Sendable {
  private var newest: UTCTime?

  /// A clock whose times all lie after `newest`, the last one that was given out before.
  public init(after newest: UTCTime? = nil) { self.newest = newest?.truncatedToMilliseconds }

  /// The time of a round that opens now: the wall clock's, or one millisecond after the last.
  public mutating func next(at wall: UTCTime) -> UTCTime {
    var time = wall.truncatedToMilliseconds
    if let newest, time <= newest { time = newest.advanced(by: .milliseconds(1)) }
    newest = time
    return time
  }
}
