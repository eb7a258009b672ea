/// The usual prediction, normal densities and plain mixtures of them, eight exponentials at a time.
extension PredictionDensities {
  /// The mean over the moves of the density at each; nil when a step that counts holds anything
  /// else, a flaw or a mixture without weight, or when the mean isn't finite. The other way then
  /// finds the score or the reason.
  ///
  /// The mean is one sum over all distributions of height · exp(exponent), so that they are
  /// gathered first and the steps forgotten.
  func meanOfNormals(over moves: RealizedMoves) -> Double? {
    let vectorsMax = leafCount / Vector.scalarCount + 1
    return withUnsafeTemporaryAllocation(of: Vector.self, capacity: 2 * vectorsMax) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      buffer.initialize(repeating: Vector())
      let exponents = UnsafeMutableRawPointer(start).assumingMemoryBound(to: Double.self)
      let heights = exponents + vectorsMax * Vector.scalarCount
      let areNormal = nodes.withUnsafeBufferPointer { gather($0, moves, exponents, heights) }
      guard areNormal else { return nil }
      var sum = Vector()
      for index in 0..<vectorsMax {
        sum += start[vectorsMax + index] * VectorMath.exp(start[index])
      }
      let mean = sum.sum() / Double(moves.moveCount)
      return mean.isFinite ? mean : nil
    }
  }

  private func gather(
    _ nodes: UnsafeBufferPointer<DensityNode>, _ moves: RealizedMoves,
    _ exponents: UnsafeMutablePointer<Double>, _ heights: UnsafeMutablePointer<Double>
  ) -> Bool {
    var count = 0
    for move in moves.moves {
      guard case .density(let node) = steps[move.stepIndex] else { return false }
      var part = node
      var share = 1.0
      if case .mixture = nodes[node].content {
        part += 1
        let weights = nodes[part..<nodes[node].end].reduce(0) { $0 + $1.weight }
        guard weights > 0, weights.isFinite else { return false }
        share = 1 / weights
      }
      let end = nodes[node].end
      while part < end {
        guard case .leaf(let leaf) = nodes[part].content, leaf.family == .norm else { return false }
        let inverse = 1 / leaf.scale
        let z = (move.value - leaf.location) * inverse
        exponents[count] = -0.5 * z * z
        heights[count] = nodes[part].weight * share * inverse * Leaf.inverseRootOfTwoPi
        count += 1
        part += 1
      }
    }
    return true
  }
}
