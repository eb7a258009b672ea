extension Duration {
  /// Reads a duration as operators write it: a number and a unit, `200ms`, `60s`, `15m`, `24h`,
  /// `30d`.
  ///
  /// A bare number is seconds. Returns nil for anything else, for negative and for non-finite
  /// values.
  public init?(text: String) {
    let units: [(suffix: String, nanoseconds: Double)] = [
      ("ms", 1e6), ("us", 1e3), ("s", 1e9), ("m", 60e9), ("h", 3_600e9), ("d", 86_400e9),
    ]
    let unit = units.first { text.hasSuffix($0.suffix) }
    let digits = unit.map { String(text.dropLast($0.suffix.count)) } ?? text
    guard let value = Double(digits), value.isFinite, value >= 0, value.sign == .plus else {
      return nil
    }
    let nanoseconds = (value * (unit?.nanoseconds ?? 1e9)).rounded()
    guard nanoseconds < 9.2e18 else { return nil }
    self = .nanoseconds(Int64(nanoseconds))
  }

  /// The shortest exact text of a duration, as `init(text:)` reads it: `1500ms`, `60s`, `1d`.
  public var text: String {
    let nanos = nanoseconds
    let units: [(Int64, String)] = [
      (86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "m"),
      (1_000_000_000, "s"), (1_000_000, "ms"),
    ]
    for (size, suffix) in units where nanos % size == 0 && nanos >= size {
      return "\(nanos / size)\(suffix)"
    }
    return nanos == 0 ? "0s" : "\(nanos / 1_000)us"
  }
}
