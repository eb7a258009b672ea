import Competition

/// The distance between two prices of a series, in whole seconds.
public struct PriceResolution: Hashable, Sendable, CustomStringConvertible {
  /// At least 1.
  public let seconds: Int64

  /// One price a minute, Condor's own.
  public static let minute = PriceResolution(validSeconds: 60)
  /// One price a second, for demonstrations.
  public static let second = PriceResolution(validSeconds: 1)

  /// Nil unless `duration` is a whole number of seconds from 1 s to 1 d.
  public init?(_ duration: Duration) {
    let nanoseconds = duration.nanoseconds
    guard nanoseconds % 1_000_000_000 == 0, (1...86_400).contains(nanoseconds / 1_000_000_000)
    else { return nil }
    seconds = nanoseconds / 1_000_000_000
  }

  /// Nil unless `name` is one that the price API knows: `second`, `minute`, `hour` or `day`.
  public init?(apiName name: String) {
    guard let seconds = Self.apiNames.first(where: { $0.name == name })?.seconds else {
      return nil
    }
    self.seconds = seconds
  }

  private init(validSeconds: Int64) { seconds = validSeconds }

  /// The price API's word for it; nil when the API has none.
  public var apiName: String? { Self.apiNames.first { $0.seconds == seconds }?.name }

  /// The words of the price API.
  public static var knownAPINames: [String] { apiNames.map(\.name) }

  /// `60s`.
  public var description: String { "\(seconds)s" }

  private static let apiNames: [(name: String, seconds: Int64)] = [
    ("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400),
  ]
}
