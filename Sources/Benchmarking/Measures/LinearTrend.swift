/// The line through points (t, v) with the least squares of its distances.
public struct LinearTrend: Hashable, Sendable {
  /// Change of v for each unit of t; 0 with fewer than two points or when all t are the same.
  public let slope: Double
  /// The slope's standard error: √(Σr² / (n − 2) / Σ(t − t̄)²); 0 with fewer than three points.
  ///
  /// Memory samples lean on their neighbours, so the true uncertainty is larger than this.
  public let slopeError: Double

  /// Fits the line.
  public init(_ points: [(t: Double, v: Double)]) {
    let count = Double(points.count)
    let meanT = points.reduce(0) { $0 + $1.t } / max(1, count)
    let meanV = points.reduce(0) { $0 + $1.v } / max(1, count)
    let spread = points.reduce(0) { $0 + ($1.t - meanT) * ($1.t - meanT) }
    let common = points.reduce(0) { $0 + ($1.t - meanT) * ($1.v - meanV) }
    guard points.count >= 2, spread > 0 else {
      (slope, slopeError) = (0, 0)
      return
    }
    let slope = common / spread
    let residues = points.reduce(0) { sum, point in
      let residue = point.v - meanV - slope * (point.t - meanT)
      return sum + residue * residue
    }
    self.slope = slope
    slopeError = points.count < 3 ? 0 : (residues / (count - 2) / spread).squareRoot()
  }
}
