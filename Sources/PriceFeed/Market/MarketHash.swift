/// Random numbers that are a function of what they are asked for: SplitMix64 over a mixed key.
///
/// The finaliser is that of Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators".
struct MarketHash {
  private var state: UInt64

  /// The numbers that belong to a text.
  init(seed: UInt64, text: String) {
    // FNV-1a, so that the value doesn't depend on the process as `Hashable`'s does.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    state = Self.mixed(seed &+ Self.mixed(hash))
  }

  /// The numbers that belong to one interval of one asset's time.
  init(key: UInt64, level: Int, index: Int64) {
    state = Self.mixed(key ^ Self.mixed(UInt64(bitPattern: index) &* 64 &+ UInt64(level)))
  }

  /// A key for `init(key:level:index:)`.
  var key: UInt64 { state }

  /// The next number, all bits random.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mixed(state)
  }

  /// In (0, 1), never either end.
  mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

  /// Standard normal, by Box and Muller.
  mutating func normal() -> Double {
    let radius = MarketMath.root(-2 * MarketMath.log(uniform()))
    return radius * MarketMath.cosine(2 * .pi * uniform())
  }

  /// Student t with 4 degrees of freedom, scaled to variance 1 and cut at ±8.
  ///
  /// A normal over the root of an independent chi-square by its degrees of freedom; with four of
  /// them the chi-square is −2 ln(u₁u₂), and the variance of t is 2.
  mutating func heavyTailed() -> Double {
    let chiSquare = -2 * MarketMath.log(uniform() * uniform())
    let shock = normal() / MarketMath.root(chiSquare / 4) / 2.0.squareRoot()
    return min(8, max(-8, shock))
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
