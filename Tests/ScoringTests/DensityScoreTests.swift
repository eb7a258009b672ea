import Competition
import Glibc
import Scoring
import Testing

@Suite struct DensityScoreTests {
  private func normal(_ x: Double, _ scale: Double) -> Double {
    exp(-0.5 * (x / scale) * (x / scale)) / (scale * (2 * Double.pi).squareRoot())
  }

  @Test func theScoreIsTheMeanDensityAtTheLogReturns() throws {
    let score = try #require(Predicted.score(Predicted.list(Predicted.norm, Predicted.norm))?.value)
    let expected = (normal(log(1.01), 0.01) + normal(log(103.0 / 101), 0.01)) / 2
    #expect(abs(score / expected - 1) < 1e-12)
  }

  @Test func theWrapperOfTheREADMECountsLikeTheDensityInIt() {
    let wrapped = #"{"step":60,"prediction":\#(Predicted.norm)}"#
    #expect(
      Predicted.score(Predicted.list(wrapped, wrapped))
        == Predicted.score(Predicted.list(Predicted.norm, Predicted.norm)))
  }

  @Test func aStepWhosePricePointIsTheSameTwiceIsLeftOut() throws {
    let prices = PriceTrack([
      (Predicted.resolvableAt.secondsSinceEpoch - 120, 100),
      (Predicted.resolvableAt.secondsSinceEpoch, 103),
    ])
    let moves = try #require(Predicted.moves(prices))
    #expect(moves.moveCount == 1)
    // The first step is broken, and nobody looks at it.
    let score = Predicted.score(Predicted.list("3", Predicted.norm), moves: moves)
    #expect(abs(try #require(score?.value) / normal(log(1.03), 0.01) - 1) < 1e-12)
  }

  @Test func aPriceThatNeverMovesOnToANewPointFailsWithAReason() {
    let still = PriceTrack([(Predicted.resolvableAt.secondsSinceEpoch - 60, 100)])
    let moves = Predicted.moves(still, compat: true)
    let outcome = Predicted.score(Predicted.list(Predicted.norm, Predicted.norm), moves: moves)
    #expect(outcome?.reason?.contains("no step has two different") == true)
  }

  @Test func theCapIsTheHighestDensityThatCountsForAStep() {
    let scorer = PredictionScorer(method: .densityPDF(cap: 5))
    let sharp = #"{"type":"builtin","name":"norm","params":{"loc":0,"scale":1e-9}}"#
    let flat = Predicted.moves(Predicted.prices([100, 100, 103]))
    #expect(Predicted.score(Predicted.list(sharp, sharp), scorer, moves: flat)?.value == 2.5)
    #expect(Predicted.score(Predicted.list(sharp, sharp), moves: flat)?.value ?? 0 > 1e8)
  }

  @Test func aScoreBeyondWhatCanBeAveragedFails() {
    let sharp = #"{"type":"builtin","name":"norm","params":{"loc":0,"scale":1e-101}}"#
    let flat = Predicted.moves(Predicted.prices([100, 100, 103]))
    let reason = Predicted.score(Predicted.list(sharp, sharp), moves: flat)?.reason
    #expect(reason?.contains("can't be averaged") == true)
    let infinite = #"{"type":"builtin","name":"norm","params":{"loc":0,"scale":1e-320}}"#
    #expect(
      Predicted.score(Predicted.list(infinite, infinite), moves: flat)?.reason?
        .hasPrefix("step 1 of 2: ") == true)
  }

  @Test(arguments: [PredictionStatus.failed, .timeout, .absent])
  func onlyAnswersAreScored(status: PredictionStatus) {
    let text = Predicted.list(Predicted.norm, Predicted.norm)
    #expect(Predicted.score(text, status: status)?.reason?.contains(status.rawValue) == true)
  }

  @Test(arguments: [
    ("null", "a list of densities is expected, got one null"),
    ("{}", "a list of densities is expected, got one object"),
    ("[]", "2 densities are expected, got 0"),
    ("[1,2,3]", "2 densities are expected, got 3"),
    ("[NaN,1]", "the stored JSON can't be read: "),
    ("[1,2]", "step 1 of 2: an object is expected, got 1.0"),
    (
      Predicted.list(Predicted.norm, #"{"type":"x"}"#),
      "step 2 of 2: type \"x\" is none of builtin, scipy, statistics, mixture"
    ),
    (
      Predicted.list(#"{"type":"builtin","name":"norm","params":{"loc":0}}"#, Predicted.norm),
      "step 1 of 2: params.scale is missing"
    ),
    (
      Predicted.list(
        #"{"type":"builtin","name":"t","params":{"loc":0,"scale":1,"df":"4"}}"#, Predicted.norm),
      "step 1 of 2: params.df must be a number, got \"4\""
    ),
    (
      Predicted.list(
        #"{"type":"builtin","name":"norm","params":{"loc":0,"scale":-1}}"#, Predicted.norm),
      "step 1 of 2: params.scale must be > 0, got -1.0"
    ),
    (
      Predicted.list(#"{"type":"scipy","name":"gumbel_r","params":{}}"#, Predicted.norm),
      "step 1 of 2: there is no distribution \"gumbel_r\" here"
    ),
    (
      Predicted.list(#"{"type":"scipy","name":"norm","params":{"mu":1}}"#, Predicted.norm),
      "step 1 of 2: scipy's norm has no parameter \"mu\""
    ),
    (
      Predicted.list(
        #"{"type":"builtin","name":"t","params":{"loc":0,"scale":1,"df":400}}"#, Predicted.norm),
      "step 1 of 2: t(df: 400.0, loc: 0.0, scale: 1.0) overflows or divides by zero"
    ),
    (
      Predicted.list(Predicted.mixture(Predicted.norm, "7"), Predicted.norm),
      "step 1 of 2: component 2: an object is expected, got 7.0"
    ),
  ])
  func aFailureNamesTheStepAndTheCause(text: String, reason: String) throws {
    let outcome = try #require(Predicted.score(text))
    #expect(outcome.reason?.hasPrefix(reason) == true, "\(outcome)")
  }

  @Test func mixturesPassToADepthOfThreeAndFailAtFour() throws {
    let norm = Predicted.norm
    let three = Predicted.mixture(Predicted.mixture(Predicted.mixture(norm)))
    let plain = try #require(Predicted.score(Predicted.list(norm, norm))?.value)
    let nested = try #require(Predicted.score(Predicted.list(three, norm))?.value)
    #expect(abs(nested / plain - 1) < 1e-12)
    let reason = Predicted.score(Predicted.list(Predicted.mixture(three), norm))?.reason
    #expect(reason?.contains("nested in more than 3 mixtures") == true)
  }

  @Test func weightsCountByTheirSizeAndAZeroTotalGivesZero() throws {
    let norm = Predicted.norm
    func mixed(_ weights: [String]) -> String {
      let parts = weights.map { #"{"density":\#(norm),"weight":\#($0)}"# }
      return #"{"type":"mixture","components":[\#(parts.joined(separator: ","))]}"#
    }
    let plain = try #require(Predicted.score(Predicted.list(norm, norm))?.value)
    let signed = mixed(["-2", "1e-3", "0"])
    let score = try #require(Predicted.score(Predicted.list(signed, signed))?.value)
    #expect(abs(score / plain - 1) < 1e-12)
    for zero in [mixed(["0", "-0.0"]), mixed([])] {
      #expect(Predicted.score(Predicted.list(zero, zero)) == .scored(0))
    }
  }

  @Test func aHorizonThatIsNoMultipleOfTheStepFails() throws {
    let params = PredictionParams(asset: "BTC", horizonSeconds: 150, stepSeconds: 60)
    let looked = RealizedMoves.look(
      in: Predicted.prices(), params: params, resolvableAt: Predicted.resolvableAt,
      measure: .logReturn, options: TruthOptions())
    guard case .moves(let moves) = looked else { return #expect(Bool(false), "\(looked)") }
    let outcome = Predicted.score(Predicted.list(Predicted.norm, Predicted.norm), moves: moves)
    #expect(outcome?.reason?.contains("no whole number") == true, "\(String(describing: outcome))")
  }
}
