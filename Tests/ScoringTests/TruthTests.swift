import Competition
import Scoring
import Testing

@Suite struct TruthTests {
  private let end = Predicted.resolvableAt

  private func look(
    _ track: PriceTrack, at time: UTCTime? = nil, compat: Bool = false, gapMaxFactor: Double = 2
  ) -> RealizedMoves.Lookup {
    RealizedMoves.look(
      in: track, params: Predicted.params, resolvableAt: time ?? end, measure: .difference,
      options: TruthOptions(gapMaxFactor: gapMaxFactor, compat: compat))
  }

  private func missing(_ lookup: RealizedMoves.Lookup) -> MissingTruth? {
    if case .missing(let missing) = lookup { missing } else { nil }
  }

  private func moveCount(_ lookup: RealizedMoves.Lookup) -> Int? {
    if case .moves(let moves) = lookup { moves.moveCount } else { nil }
  }

  /// Prices so many seconds after the end of the horizon, all of them different.
  private func track(_ offsets: Int64...) -> PriceTrack {
    PriceTrack(offsets.map { (end.secondsSinceEpoch + $0, 100 + Double($0) / 100) })
  }

  @Test func aPriceThatHasNotArrivedIsMissingAndNeverTheClosest() throws {
    let late = try #require(missing(look(track(-120, -60))))
    #expect(late.missingCount == 1)
    #expect(late.first == end)
    #expect("\(late)".hasPrefix("no price of BTC at 1 point, first at 2026-"))
    #expect(moveCount(look(track(-120, -60), compat: true)) == 1)
    #expect(moveCount(look(track(-120, -60, 0))) == 2)
  }

  @Test func theNewestPriceCountsUpToHalfAResolutionBeforeTheTime() {
    let track = track(-120, -60, 0)
    #expect(moveCount(look(track, at: end.advanced(by: .seconds(30)))) == 2)
    #expect(missing(look(track, at: end.advanced(by: .milliseconds(30_001)))) != nil)
  }

  @Test func aGapCountsUpToItsLimit() {
    // Two minutes on either side of the middle point, then a second more.
    let wide = PriceTrack([
      (end.secondsSinceEpoch - 180, 100), (end.secondsSinceEpoch + 60, 101),
    ])
    #expect(moveCount(look(wide)) == 1)
    let wider = PriceTrack([
      (end.secondsSinceEpoch - 181, 100), (end.secondsSinceEpoch + 61, 101),
    ])
    #expect(missing(look(wider))?.missingCount == 1)
    #expect(moveCount(look(wider, gapMaxFactor: 3)) == 1)
    #expect(moveCount(look(wider, compat: true)) == 1)
  }

  @Test func noPricesAtAllAreMissingEvenWithCompat() {
    #expect(missing(look(PriceTrack([]), compat: true))?.missingCount == 3)
  }

  @Test func waitingEndsAfterTheLimitAndNotAtIt() throws {
    let late = try #require(missing(look(track(-120, -60))))
    #expect(!late.isOverdue(at: end.advanced(by: .seconds(60)), ageMax: .seconds(60)))
    #expect(late.isOverdue(at: end.advanced(by: .milliseconds(60_001)), ageMax: .seconds(60)))
  }

  @Test func unorderedDoubledAndImpossiblePricesAreSortedOut() {
    let start = end.secondsSinceEpoch
    let track = PriceTrack([
      (start, 103), (start - 120, 100), (start - 60, .nan), (start - 60, 0), (start - 60, 101),
      (start - 60, 999), (start - 90, -1), (start - 90, .infinity),
    ])
    #expect(track.count == 3)
    #expect(track.newestSeconds == start)
    #expect(moveCount(look(track)) == 2)
  }

  @Test func ofTwoPricesEquallyCloseTheEarlierOneCounts() {
    // The middle point lies between the two, so its step has the first one's point twice.
    let prices = PriceTrack([
      (end.secondsSinceEpoch - 120, 100), (end.secondsSinceEpoch, 103),
    ])
    guard case .moves(let moves) = look(prices) else { return #expect(Bool(false)) }
    #expect(moves.moveCount == 1)
    let first = #"{"type":"x"}"#
    #expect(
      Predicted.score(Predicted.list(first, Predicted.norm), moves: Predicted.moves(prices))?.value
        != nil)
  }
}
