public import Competition
import JSON

/// What is known of a round only when it has ended.
public struct RoundClosing: Hashable, Sendable {
  /// The time from opening to closing the round.
  public let wallTime: Duration
  /// Why nobody was blamed for this round's bad ends; nil for the usual round.
  public let panic: String?
  /// What each model's breaker does with the next call; nil when it was not called.
  /// Shape: [rosterCount].
  public let breakers: [BreakerState?]

  /// Creates a round's end.
  public init(wallTime: Duration, panic: String?, breakers: [BreakerState?]) {
    self.wallTime = wallTime
    self.panic = panic
    self.breakers = breakers
  }

  /// What a closing record takes at most, bytes: `"half_open",` for each model, and 16 KiB for the
  /// rest, which is kept free for it while the round is open.
  static func recordBytesMax(rosterCount: Int) -> Int { 12 * rosterCount + (16 << 10) }

  /// A reason for panic is cut to this, bytes: escaped, it still fits `recordBytesMax`.
  private static let panicBytesMax = 2 << 10

  var json: JSONValue {
    [
      "wall_time_nanos": .int(wallTime.nanoseconds),
      "panic": panic.map { .string($0.prefix(utf8Bytes: Self.panicBytesMax)) } ?? .null,
      "breakers": .array(breakers.map { $0.map { .string($0.rawValue) } ?? .null }),
    ]
  }

  init?(_ json: JSONValue) {
    guard let nanos = json["wall_time_nanos"]?.intValue,
      let breakers = json["breakers"]?.arrayValue
    else { return nil }
    wallTime = .nanoseconds(nanos)
    panic = json["panic"]?.stringValue
    self.breakers = breakers.map { $0.stringValue.flatMap(BreakerState.init) }
  }
}

extension String {
  /// The longest start of at most `count` bytes that ends between two characters' bytes.
  func prefix(utf8Bytes count: Int) -> String {
    guard utf8.count > count else { return self }
    var end = utf8.index(startIndex, offsetBy: count)
    while String.Index(end, within: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
