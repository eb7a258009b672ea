/// Values over time in at most `pointsMax` points: neighbours share a point, which keeps the
/// largest, so that no peak gets lost.
public struct TimeLine: Hashable, Sendable {
  /// One point.
  public struct Point: Hashable, Sendable {
    /// Seconds since the run's begin.
    public let seconds: Double
    /// The largest value of the point's span.
    public let value: Double
  }

  /// Points kept: more than a page has pixels for.
  public static let pointsMax = 1_000

  /// The points in their order. Shape: [pointCount ≤ pointsMax].
  public private(set) var points: [Point] = []
  /// How many values share a point.
  private var stride = 1
  private var pending: [Point] = []

  /// Starts empty.
  public init() {}

  /// Points that were kept before.
  public init(points: [Point]) { self.points = points }

  /// Adds a value; times don't go back.
  public mutating func add(_ value: Double, atSeconds seconds: Double) {
    pending.append(Point(seconds: seconds, value: value))
    guard pending.count == stride else { return }
    points.append(Self.joined(pending))
    pending = []
    guard points.count == Self.pointsMax else { return }
    points = Swift.stride(from: 0, to: points.count, by: 2).map {
      Self.joined(Array(points[$0..<min($0 + 2, points.count)]))
    }
    stride *= 2
  }

  /// All points, a last one that is not complete included.
  public var all: [Point] { pending.isEmpty ? points : points + [Self.joined(pending)] }

  private static func joined(_ points: [Point]) -> Point {
    Point(seconds: points[0].seconds, value: points.map(\.value).max() ?? 0)
  }
}
