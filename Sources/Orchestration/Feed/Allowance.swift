import Competition

/// How much of something one client may do: so much at once, and more as time goes by.
struct Allowance {
  private let most: Double
  private let perSecond: Double
  private var left: Double
  private var lastTake: MonotonicInstant

  /// A full allowance of `most`, refilled by `perSecond`.
  init(most: Int, perSecond: Double, at now: MonotonicInstant) {
    self.most = Double(most)
    self.perSecond = perSecond
    left = self.most
    lastTake = now
  }

  /// Takes one; false when none is left.
  mutating func take(at now: MonotonicInstant) -> Bool {
    left = min(most, left + max(0, now.since(lastTake).inSeconds) * perSecond)
    lastTake = now
    guard left >= 1 else { return false }
    left -= 1
    return true
  }
}
