/// The same figure of several runs: its middle, and how far runs differ by chance.
public struct RunSpread: Hashable, Sendable {
  /// The figure of each run, in order. Shape: [runCount].
  public let values: [Double]

  /// Takes the values as they are.
  public init(_ values: [Double]) { self.values = values }

  /// The middle value, the mean of the two middle ones of an even count; nan when there is none.
  public var median: Double { Self.middle(values) }
  /// The smallest value; nan when there is none.
  public var min: Double { values.min() ?? .nan }
  /// The largest value; nan when there is none.
  public var max: Double { values.max() ?? .nan }

  /// The standard error of the median: 1.2533 · 1.4826 · MAD / √n, nil with fewer than three runs.
  ///
  /// 1.4826 · MAD estimates the standard deviation of normal values and is not led astray by a
  /// single outlier (Rousseeuw and Croux 1993); √(π/2) = 1.2533 is the median's own factor.
  public var medianError: Double? {
    guard values.count >= 3 else { return nil }
    let middle = median
    let deviation = Self.middle(values.map { abs($0 - middle) })
    return 1.2533 * 1.4826 * deviation / Double(values.count).squareRoot()
  }

  private static func middle(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let half = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[half]
  }
}
