import Competition

/// What the spool's thread is told, in the order in which it happened.
enum SpoolEvent: Sendable {
  /// A round opens: it gets a segment.
  case open(UInt64, RoundOpening)
  /// Answers have arrived.
  case arrived(UInt64, [Arrival])
  /// A round is over: what had not arrived, and its end.
  case close(UInt64, [Arrival], RoundEnd)
  /// A round's turn has come that only the spool has.
  case read(UInt64, SegmentFile)
  /// A round's rows are committed.
  case remove(SegmentFile)
}

/// What the spool's thread shares with the others.
struct SpoolInbox {
  private(set) var events: [SpoolEvent] = []
  /// The thread ends when it has done what is here.
  var isStopping = false

  mutating func add(_ event: SpoolEvent) { events.append(event) }

  /// All events, or a wait for some; nil at the end.
  mutating func next() -> Monitor<SpoolInbox>.Turn<[SpoolEvent]?> {
    if events.isEmpty { return isStopping ? .ready(nil) : .wait(until: nil) }
    defer { events = [] }
    return .ready(events)
  }
}
