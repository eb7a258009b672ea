/// The density of one step on all points of a grid: a sum of weighted distributions.
///
/// The buffer is made once and freed with its owner.
final class GridDensities {
  let grid: UniformGrid
  /// Shape: [vectorCount] of 8.
  let values: UnsafeMutablePointer<Vector>
  /// The same memory. Shape: [pointCount].
  private let lanes: UnsafeMutablePointer<Double>

  init(_ grid: UniformGrid) {
    self.grid = grid
    values = .allocate(capacity: UniformGrid.vectorCount)
    values.initialize(repeating: Vector(), count: UniformGrid.vectorCount)
    lanes = UnsafeMutableRawPointer(values).assumingMemoryBound(to: Double.self)
  }

  deinit { values.deallocate() }

  /// Sets all densities to 0.
  func clear() { values.update(repeating: Vector(), count: UniformGrid.vectorCount) }

  /// The value at a point.
  subscript(index: Int) -> Double {
    get { lanes[index] }
    set { lanes[index] = newValue }
  }

  /// The sum over all points.
  func sum() -> Double {
    var even = Vector()
    var odd = Vector()
    for index in stride(from: 0, to: UniformGrid.vectorCount, by: 2) {
      even += values[index]
      odd += values[index + 1]
    }
    return (even + odd).sum()
  }

  /// Adds `weight` times a distribution.
  ///
  /// - Parameters:
  ///   - leaf: the distribution.
  ///   - weight: its share of the step's density.
  ///   - isExact: one point after another with the C library's functions; else eight at once, with
  ///     a relative error below 1e-11 where the density matters: normal distributions are left out
  ///     where they are below 2e-22 of their peak.
  /// - Returns: whether all its densities are finite, as far as they count.
  func add(_ leaf: Leaf, weight: Double, isExact: Bool) -> Bool {
    let support = leaf.support(on: grid)
    guard !support.isEmpty else { return true }
    // All powers rise or fall over the whole support, so what overflows does at one of its ends.
    guard leaf.gridDensity(at: grid[support.lowerBound]).isFinite,
      leaf.gridDensity(at: grid[support.upperBound - 1]).isFinite
    else { return false }
    guard weight > 0 else { return true }
    if !isExact, leaf.family == .norm {
      if addNormal(leaf, weight: weight) { return true }
    } else if !isExact, addByKernel(leaf, weight: weight, over: support) {
      return true
    }
    return addPointByPoint(leaf, weight: weight, over: support)
  }

  private func addPointByPoint(_ leaf: Leaf, weight: Double, over support: Range<Int>) -> Bool {
    for index in support {
      let density = leaf.gridDensity(at: grid[index])
      guard density.isFinite else { return false }
      self[index] += weight * density
    }
    return true
  }
}

extension Leaf {
  /// The density as crunch-synth computes it on its grid.
  func gridDensity(at x: Double) -> Double {
    dialect == .builtin ? builtinDensity(at: x, onGrid: true) : scipyDensity(at: x)
  }

  /// The points where the density is not 0 by definition.
  func support(on grid: UniformGrid) -> Range<Int> {
    switch family {
    case .norm, .t, .cauchy, .laplace: return 0..<UniformGrid.pointCount
    case .expon, .weibullMin, .gamma, .chi, .chi2, .rayleigh, .f:
      return grid.firstIndex(notBelow: location)..<UniformGrid.pointCount
    case .lognorm: return grid.firstIndex(above: location)..<UniformGrid.pointCount
    case .weibullMax: return 0..<grid.firstIndex(above: location)
    case .beta:
      let first = grid.firstIndex(notBelow: location)
      return first..<max(first, grid.firstIndex(above: location + scale))
    case .pareto: return grid.firstIndex(notBelow: location + scale)..<UniformGrid.pointCount
    }
  }

  /// Why crunch-synth's constants of this distribution can't be computed, whatever the points.
  var gridConstantCause: String? {
    guard dialect == .builtin else { return nil }
    let constant =
      switch family {
      case .norm, .expon, .weibullMin, .weibullMax, .lognorm, .pareto, .cauchy, .laplace: 1.0
      case .t: studentConstant
      case .gamma: gammaDivisor
      case .beta: betaConstant
      case .chi: chiConstant
      case .chi2: chi2Constant
      case .rayleigh: PythonFloat.power(scale, 2)
      case .f: fConstant
      }
    return constant.isNaN ? "\(description) overflows or divides by zero" : nil
  }
}
