import Glibc

/// Normal distributions on the grid, by a recurrence instead of an exponential a point.
///
/// With z the standardised point, h the grid's spacing over the scale and 8 points a vector:
///
///     p(z + 8h) = p(z) · r(z),   r(z) = exp(−8h·z − 32h²),   r(z + 8h) = r(z) · exp(−64h²)
///
/// Error: after k vectors, r is off by k roundings and k times the error of exp(−64h²), p by the
/// sum of those, which is k²/2 · 3 roundings for at most 128 vectors: 2.7e-12, and with the
/// exponentials at the start below 1e-11. Tested against the exponential itself.
extension GridDensities {
  /// Beyond so many standard deviations a density counts as 0 if its peak is on the grid: it is
  /// below 2e-22 of the peak there.
  private static let reach = 10.0
  /// Beyond so many, the exponential itself is 0.
  private static let reachOfDoubles = 38.7

  /// Adds `weight` times a normal distribution; false, and nothing added, when its height isn't a
  /// normal double.
  func addNormal(_ leaf: Leaf, weight: Double) -> Bool {
    let height = weight / (leaf.scale * Leaf.rootOfTwoPi)
    guard height.isNormal else { return false }
    let h = grid.spacing / leaf.scale
    let nearest = max(abs(leaf.location) - grid.halfWidth, 0) / leaf.scale + h / 2
    let isPeakOnGrid = nearest <= 1
    let reach = (isPeakOnGrid ? Self.reach : Self.reachOfDoubles) * leaf.scale
    let first = grid.firstIndex(notBelow: leaf.location - reach) >> 3
    let end = (grid.firstIndex(above: leaf.location + reach) + 7) >> 3
    guard first < end else { return true }
    if isPeakOnGrid, end - first >= 4 {
      addByRecurrence(leaf, height: height, h: h, vectors: first..<end)
    } else {
      addByExponential(leaf, height: height, vectors: first..<end)
    }
    return true
  }

  private func addByRecurrence(_ leaf: Leaf, height: Double, h: Double, vectors: Range<Int>) {
    let z = (grid.vectors[vectors.lowerBound] - leaf.location) / leaf.scale
    var p = VectorMath.exp(-0.5 * z * z) * height
    var r = VectorMath.exp(-8 * h * z - 32 * h * h)
    let q = exp(-64 * h * h)
    for index in vectors {
      values[index] += p
      p *= r
      r *= q
    }
  }

  private func addByExponential(_ leaf: Leaf, height: Double, vectors: Range<Int>) {
    grid.vectors.withUnsafeBufferPointer { points in
      for index in vectors {
        let z = (points[index] - leaf.location) / leaf.scale
        values[index] += VectorMath.exp(-0.5 * z * z) * height
      }
    }
  }
}
