/// The points over which a CRPS integrates, as `numpy.linspace` places them.
struct UniformGrid {
  /// The number of points, as in crunch-synth.
  static let pointCount = 1_024
  /// The number of vectors that hold them.
  static let vectorCount = pointCount / Vector.scalarCount

  /// Half the grid's width.
  let halfWidth: Double
  /// The distance of the first two points, and within rounding of any two.
  let spacing: Double
  /// Rising, from −halfWidth to halfWidth. Shape: [pointCount].
  let points: [Double]
  /// The same points. Shape: [vectorCount] of 8.
  let vectors: [Vector]

  init(halfWidth: Double) {
    let last = Self.pointCount - 1
    let step = 2 * halfWidth / Double(last)
    let start = -halfWidth
    let points = (0...last).map { index in
      index == last ? halfWidth : Double(index) * step + start
    }
    vectors = (0..<Self.vectorCount).map { Vector(points[($0 << 3)..<($0 << 3 + 8)]) }
    spacing = points[1] - points[0]
    self.points = points
    self.halfWidth = halfWidth
  }

  /// The point at `index`.
  subscript(index: Int) -> Double { points[index] }

  /// The index of the first point that is not below `x`; `pointCount` when all are.
  func firstIndex(notBelow x: Double) -> Int { firstIndex { $0 >= x } }

  /// The index of the first point above `x`; `pointCount` when none is.
  func firstIndex(above x: Double) -> Int { firstIndex { $0 > x } }

  private func firstIndex(where isBeyond: (Double) -> Bool) -> Int {
    var low = 0
    var high = Self.pointCount
    while low < high {
      let middle = (low + high) / 2
      if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
