/// A market for demonstrations and tests: plausible prices that are a pure function of seed, asset
/// and time.
///
/// Returns are heavy-tailed and their volatility clusters; asking twice, for other spans or at
/// another resolution never gives another price for the same second.
public struct SimulatedMarket: Sendable {
  /// Selects one of 2⁶⁴ markets.
  public let seed: UInt64
  /// Market seconds that pass in one second of the clock; the prices move that much faster.
  public let speed: Double

  private let profiles: [String: AssetProfile]

  /// A market; nil when the speed is not in 0.001…100,000.
  ///
  /// - Parameters:
  ///   - seed: selects the market.
  ///   - speed: market seconds in a second of the clock.
  ///   - profiles: assets whose level and volatility are given; any other asset can be asked for
  ///     too, and has those of `AssetProfile(asset:)`.
  public init?(seed: UInt64, speed: Double = 1, profiles: [AssetProfile] = []) {
    guard speed >= 0.001, speed <= 100_000 else { return nil }
    self.seed = seed
    self.speed = speed
    self.profiles = Dictionary(profiles.map { ($0.asset, $0) }) { first, _ in first }
  }

  /// The price at one second.
  public func price(of asset: String, at timestampSeconds: Int64) -> Double {
    let profile = profile(of: asset)
    var path = MarketPath(seed: seed, profile: profile)
    return price(on: &path, profile, at: timestampSeconds)
  }

  /// The prices at each multiple of the resolution in a span of Unix seconds, both ends included.
  public func points(
    of asset: String, in span: ClosedRange<Int64>, every resolution: PriceResolution
  ) -> [PricePoint] {
    let step = resolution.seconds
    let first = max(0, (span.lowerBound + step - 1) / step * step)
    guard first <= span.upperBound else { return [] }
    let profile = profile(of: asset)
    var path = MarketPath(seed: seed, profile: profile)
    return stride(from: first, through: span.upperBound, by: Int64.Stride(step)).map {
      PricePoint(timestampSeconds: $0, price: price(on: &path, profile, at: $0))
    }
  }

  private func profile(of asset: String) -> AssetProfile {
    profiles[asset] ?? AssetProfile(asset: asset)
  }

  private func price(
    on path: inout MarketPath, _ profile: AssetProfile, at timestampSeconds: Int64
  ) -> Double {
    let marketSecond = Int64((Double(timestampSeconds) * speed).rounded(.down))
    let level = profile.startPrice * MarketMath.exponential(path.logPrice(at: marketSecond))
    // Seven digits, as venues quote them.
    let magnitude = MarketMath.log10(profile.startPrice).rounded(.down)
    let tick = MarketMath.power(10, magnitude - 6)
    let ticks = max(1, (level / tick).rounded())
    // Dividing by a whole number gives the double that is nearest to the decimal; multiplying by a
    // fraction doesn't.
    return tick < 1 ? ticks / (1 / tick).rounded() : ticks * tick
  }
}
