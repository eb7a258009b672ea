import Glibc
import Testing

@testable import Scoring

@Suite struct VectorMathTests {
  private let seed = UInt64.random(in: 1...1_000_000)

  /// Relative errors of eight places at once, against the C library.
  private func check(
    _ range: ClosedRange<Double>, _ bound: Double, _ vector: (Vector) -> Vector,
    _ scalar: (Double) -> Double
  ) {
    var state = seed
    for _ in 0..<2_000 {
      var places = Vector()
      for lane in 0..<8 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let share = Double(state >> 11) * 0x1p-53
        places[lane] = range.lowerBound + share * (range.upperBound - range.lowerBound)
      }
      let values = vector(places)
      for lane in 0..<8 {
        let expected = scalar(places[lane])
        #expect(
          abs(values[lane] - expected) <= bound * abs(expected), "at \(places[lane]), seed \(seed)")
      }
    }
  }

  @Test func theExponentialStaysWithinItsBound() {
    check(-708...709, 1.2e-14, VectorMath.exp, exp)
    check(-1e-3...1e-3, 1.2e-14, VectorMath.exp, exp)
  }

  @Test func theExponentialUnderflowsGraduallyToZero() {
    let places = Vector(-709, -720, -740, -744, -745, -745.2, -800, -1e300)
    let values = VectorMath.exp(places)
    for lane in 0..<8 {
      #expect(abs(values[lane] - exp(places[lane])) <= 0x1p-1074, "at \(places[lane])")
    }
    #expect(VectorMath.exp(Vector(repeating: 0)) == Vector(repeating: 1))
  }

  @Test func theLogarithmStaysWithinItsBound() {
    check(1e-300...2, 4e-14, VectorMath.log, log)
    check(0.5...2, 4e-14, VectorMath.log, log)
    check(1...1e300, 4e-14, VectorMath.log, log)
    let edges = Vector(0x1p-1022, 1, 2, 0.5, 0.5.squareRoot(), 2.0.squareRoot(), 1e-10, 1e10)
    let values = VectorMath.log(edges)
    for lane in 0..<8 {
      #expect(abs(values[lane] - log(edges[lane])) <= 4e-14 * abs(log(edges[lane])))
    }
  }

  @Test func theBoundsAndTheSizeAreTakenLaneByLane() {
    let x = Vector(-3, -2, -1, -0.0, 0, 1, 2, 3)
    #expect(VectorMath.atLeast(-1, x) == Vector(-1, -1, -1, 0, 0, 1, 2, 3))
    #expect(VectorMath.atMost(1, x) == Vector(-3, -2, -1, 0, 0, 1, 1, 1))
    #expect(VectorMath.abs(x) == Vector(3, 2, 1, 0, 0, 1, 2, 3))
  }
}
