extension GridDensities {
  /// The CRPS of these densities, whose sum is `sum`, when `x` happened.
  ///
  /// F is the cumulated sum times the spacing over the trapezoid integral of the densities, cut at
  /// 1; the integral is the trapezoid sum of (F − 1[z ≥ x])².
  func integral(at x: Double, sum: Double) -> Double {
    let lastIndex = UniformGrid.pointCount - 1
    let mass = sum - 0.5 * (self[0] + self[lastIndex])
    // The spacing cancels out of F when the densities are normalised.
    let factor = mass * grid.spacing > 0 ? 1 / mass : grid.spacing
    let step = grid.firstIndex(notBelow: x)
    var total = Vector()
    var carried = 0.0
    for index in 0..<UniformGrid.vectorCount {
      let cumulated = values[index].cumulated + carried
      carried = cumulated[7]
      var difference = VectorMath.atMost(1, cumulated * factor)
      let first = index << 3
      if step <= first {
        difference -= 1
      } else if step < first + 8 {
        for lane in (step - first)..<8 { difference[lane] -= 1 }
      }
      total += difference * difference
    }
    return grid.spacing * (total.sum() - halfEnds(step, factor, sum))
  }

  /// Half of the squares at the two ends, which a trapezoid sum counts half.
  private func halfEnds(_ step: Int, _ factor: Double, _ sum: Double) -> Double {
    let low = min(self[0] * factor, 1) - (step == 0 ? 1 : 0)
    let high = min(sum * factor, 1) - (step < UniformGrid.pointCount ? 1 : 0)
    return 0.5 * (low * low + high * high)
  }

  /// The same as the oracle writes it, operation by operation: for densities so small that the
  /// order of operations decides what is left of them.
  func literalIntegral(at x: Double) -> Double {
    var mass = 0.0
    for index in 1..<UniformGrid.pointCount {
      mass += (grid[index] - grid[index - 1]) * (self[index] + self[index - 1]) / 2
    }
    var cumulated = 0.0
    var total = 0.0
    var before = 0.0
    for index in 0..<UniformGrid.pointCount {
      cumulated += mass > 0 ? self[index] / mass : self[index]
      let f = min(max(cumulated * grid.spacing, 0), 1)
      let difference = f - (grid[index] >= x ? 1 : 0)
      let square = difference * difference
      if index > 0 { total += (grid[index] - grid[index - 1]) * (square + before) / 2 }
      before = square
    }
    return total
  }
}

extension SIMD8<Double> {
  /// The sums of the lanes up to each.
  @inline(__always)
  fileprivate var cumulated: SIMD8<Double> {
    let a = self
    let pairs = a + SIMD8(0, a[0], 0, a[2], 0, a[4], 0, a[6])
    let fours = pairs + SIMD8(0, 0, pairs[1], pairs[1], 0, 0, pairs[5], pairs[5])
    return fours + SIMD8(0, 0, 0, 0, fours[3], fours[3], fours[3], fours[3])
  }
}
