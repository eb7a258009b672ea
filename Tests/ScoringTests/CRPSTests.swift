import Competition
import Glibc
import Testing

@testable import Scoring

@Suite struct CRPSTests {
  private func scorer(_ limits: DensityLimits = DensityLimits()) throws -> PredictionScorer {
    PredictionScorer(method: .crps(try #require(CRPSScale(asset: "BTC"))), limits: limits)
  }

  private func density(_ location: Double, _ scale: Double) -> String {
    #"{"type":"builtin","name":"norm","params":{"loc":\#(location),"scale":\#(scale)}}"#
  }

  private func score(_ density: String, _ scorer: PredictionScorer) -> ScoreOutcome? {
    let moves = Predicted.moves(Predicted.prices([90_000, 90_100, 90_050]), .difference)
    return Predicted.score(Predicted.list(density, density), scorer, moves: moves)
  }

  @Test func aSharpDensityAtWhatHappenedBeatsABroadOneAndAWrongOne() throws {
    let scorer = try scorer()
    let sharp = try #require(score(density(25, 80), scorer)?.value)
    let broad = try #require(score(density(25, 800), scorer)?.value)
    let wrong = try #require(score(density(-1_000, 80), scorer)?.value)
    #expect(0 < sharp && sharp < broad && broad < wrong)
    let bounds = try #require(CRPSScale(asset: "BTC")).bounds(stepSeconds: 60)
    #expect(wrong < bounds.worstScore(stepCount: 2))
  }

  @Test func theNormalsScoreIsTheClosedFormWithinTheGridsError() throws {
    // Gneiting and Raftery 2007, equation 21; the grid's cumulated sum is half a point off.
    let z = 100.0 / 80
    let phi = exp(-0.5 * z * z) / (2 * Double.pi).squareRoot()
    let closed = 80 * (z * erf(z / 2.0.squareRoot()) + 2 * phi - 1 / Double.pi.squareRoot())
    let moves = try #require(
      Predicted.moves(Predicted.prices([90_000, 90_100, 90_200]), .difference))
    let text = Predicted.list(density(0, 80), density(0, 80))
    let score = try #require(Predicted.score(text, try scorer(), moves: moves)?.value)
    #expect(abs(score * 1_500 / 2 / closed - 1) < 0.05)
  }

  @Test func boundsGrowWithTheRootOfTheStepAboveFiveMinutes() throws {
    let scale = try #require(CRPSScale(asset: "SOL"))
    #expect(scale.bounds(stepSeconds: 60).halfWidth == 4)
    #expect(scale.bounds(stepSeconds: 300).halfWidth == 4)
    #expect(scale.bounds(stepSeconds: 1_200).halfWidth == 8)
    #expect(scale.bounds(stepSeconds: 1_200).worstScore(stepCount: 3) == 12)
  }

  @Test func anAssetWithoutAScaleNeedsOneFromTheConfiguration() {
    #expect(CRPSScale(asset: "XAU") == nil)
    #expect(CRPSScale(asset: "XAU", additional: ["XAU": 33])?.t == 33)
    #expect(CRPSScale(asset: "BTC", additional: ["BTC": 2_000])?.t == 2_000)
    #expect(CRPSScale(asset: "BTC", additional: ["BTC": 0]) == nil)
    #expect(Set(CRPSScale.known.keys) == Set(CRPSScale.assetWeights.keys))
  }

  @Test func moreEvaluationsThanTheLimitAreRefusedAndTheLimitPasses() throws {
    var limits = DensityLimits()
    limits.evaluationsMax = 2 * UniformGrid.pointCount
    #expect(score(density(0, 80), try scorer(limits))?.value != nil)
    limits.evaluationsMax -= 1
    let reason = score(density(0, 80), try scorer(limits))?.reason
    #expect(reason?.contains("2 distributions on 1024 points each are more than the limit") == true)
  }

  @Test func aHundredThousandComponentsAreRefusedByDefault() throws {
    let part = #"{"density":\#(density(0, 80)),"weight":1}"#
    let parts = Array(repeating: part, count: 100_000).joined(separator: ",")
    let text = #"{"type":"mixture","components":[\#(parts)]}"#
    #expect(score(text, try scorer())?.reason?.contains("evaluations") == true)
  }

  /// Locations, scales: peaks on the grid, at its ends and beyond, broad ones, and ones that fall
  /// between the points.
  private static let normals: [(Double, Double)] = [
    (0, 80), (3.7, 25), (-1_490, 120), (1_499.9, 3), (1_520, 200), (-3_000, 400), (40, 1_500),
    (0, 40_000), (700, 7), (0.2, 0.9), (1.4663, 0.05), (-5_000, 90), (1_500, 10),
  ]

  @Test(arguments: normals)
  func theRecurrenceStaysWithinItsBound(location: Double, scale: Double) {
    let leaf = Leaf(family: .norm, dialect: .builtin, location: location, scale: scale)
    let fast = GridDensities(UniformGrid(halfWidth: 1_500))
    let exact = GridDensities(UniformGrid(halfWidth: 1_500))
    #expect(fast.add(leaf, weight: 0.7, isExact: false))
    #expect(exact.add(leaf, weight: 0.7, isExact: true))
    let peak = (0..<UniformGrid.pointCount).map { exact[$0] }.max() ?? 0
    for index in 0..<UniformGrid.pointCount {
      let error = abs(fast[index] - exact[index])
      #expect(error <= 1e-11 * exact[index] + 1e-20 * peak, "at \(index): \(error)")
    }
  }

  @Test func everyFamilysKernelAgreesWithItsFormula() {
    let grid = UniformGrid(halfWidth: 1_500)
    for family in Family.allCases {
      for dialect in [Leaf.Dialect.builtin, .scipy] {
        for location in [-1_600, -200.5, 0, 900] {
          let leaf = Leaf(
            family: family, dialect: dialect, shape: 2.3, secondShape: 3.1, location: location,
            scale: 150)
          let fast = GridDensities(grid)
          let exact = GridDensities(grid)
          #expect(fast.add(leaf, weight: 0.7, isExact: false))
          #expect(exact.add(leaf, weight: 0.7, isExact: true))
          let peak = (0..<UniformGrid.pointCount).map { exact[$0] }.max() ?? 0
          for index in 0..<UniformGrid.pointCount {
            let error = abs(fast[index] - exact[index])
            #expect(error <= 1e-11 * exact[index] + 1e-20 * peak, "\(leaf) at \(index)")
          }
        }
      }
    }
  }

  @Test func theFastIntegralIsTheOneWrittenOut() {
    let densities = GridDensities(UniformGrid(halfWidth: 1_500))
    let leaf = Leaf(family: .t, dialect: .builtin, shape: 3, location: 20, scale: 90)
    #expect(densities.add(leaf, weight: 1, isExact: false))
    for x in [-2_000, -1_500, -1_499.9, -7, 0, 26.4, 1_499.9, 1_500, 1_500.1] {
      let fast = densities.integral(at: x, sum: densities.sum())
      #expect(abs(fast / densities.literalIntegral(at: x) - 1) < 1e-11, "at \(x)")
    }
  }

  @Test func aDensityOffTheGridCountsAsNoneAndAnInfiniteOneFails() throws {
    let scorer = try scorer()
    // F stays 0: the integral is the grid's part above what happened.
    let off = try #require(score(density(9_000, 1), scorer)?.value)
    #expect(abs(off - (1_400 + 1_550) / 1_500.0) < 0.01)
    let pole = #"{"type":"builtin","name":"norm","params":{"loc":0,"scale":1e-320}}"#
    #expect(score(pole, scorer)?.reason?.contains("not finite on the grid") == true)
  }
}
