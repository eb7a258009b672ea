import Competition
import Glibc
import Logging
import PriceFeed
import ScoreStore
import Scoring
import Storage

/// The prices of one asset, for the built-in rules and for a program.
struct AssetPrices {
  /// In order of time.
  let points: [PriceTable.Point]
  /// The same, to look up.
  let track: PriceTrack

  init(_ points: [PriceTable.Point]) {
    self.points = points
    track = PriceTrack(points)
  }

  /// The points in a span of Unix seconds, both ends included.
  func points(from: Int64, until: Int64) -> ArraySlice<PriceTable.Point> {
    let first = index { $0 >= from }
    return points[first..<max(first, index { $0 > until })]
  }

  /// What happened in a round's horizon.
  func truth(of round: ReadyRound, _ moves: RealizedMoves) -> RoundTruth {
    let first = round.resolvableAt.advanced(
      by: .seconds(-round.params.horizonSeconds - max(0, round.params.stepSeconds)))
    return RoundTruth(
      moves: moves,
      prices: points(from: first.secondsSinceEpoch, until: round.resolvableAt.secondsSinceEpoch))
  }

  private func index(where isBehind: (Int64) -> Bool) -> Int {
    var low = 0
    var high = points.count
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(points[middle].timestampSeconds) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Gathers the prices that rounds need: the kept ones, and from the source what is missing.
///
/// A price is kept once its time lies a resolution back, as the source may change the newest one;
/// scores are made from kept prices only, so that scoring again gives the same. With `compat`, as
/// with a database where nothing can be kept, what the source says counts as it is.
final class TruthPrices {
  /// What is done with `updraft_prices`.
  enum Keeping {
    /// Nothing: it isn't there, or there are no rights.
    case nothing
    /// What is kept counts first; nothing new is kept.
    case reading
    /// What is kept counts, and what the source says is kept.
    case writing
  }

  private let source: any PriceSource
  private let rules: ScoreRules
  private let timeout: Duration
  private let logger: Logger
  private let isStopped: () -> Bool

  /// Points of one request, the same for all resolutions: four weeks of minutes.
  private static let pointsPerRequest: Int64 = 40_000
  private static let triesMax = 3
  private static let pauseBetweenTries = Duration.seconds(2)
  /// How far Condor's closest price may lie beyond what a round needs.
  private static let compatMargin = Duration.seconds(86_400)

  init(
    source: any PriceSource, rules: ScoreRules, timeout: Duration, logger: Logger,
    isStopped: @escaping () -> Bool
  ) {
    self.source = source
    self.rules = rules
    self.timeout = timeout
    self.logger = logger
    self.isStopped = isStopped
  }

  /// The prices by asset; a source that can't be asked is told in the log, and what is kept is
  /// used.
  ///
  /// - Parameters:
  ///   - rounds: for which.
  ///   - connection: outside of a transaction, or in the one of a dry run.
  ///   - keeping: what is done with `updraft_prices`.
  ///   - now: the time, beyond which nothing is asked for.
  /// - Returns: those of each asset that has any.
  /// - Throws: `StorageError`.
  func load(
    for rounds: some Sequence<ReadyRound>, on connection: PostgresConnection, keeping: Keeping,
    at now: UTCTime
  ) throws(StorageError) -> [String: AssetPrices] {
    let resolution = rules.truth.resolution
    let margin =
      rules.compat ? Self.compatMargin : resolution * (rules.truth.gapMaxFactor.rounded(.up) + 1)
    let latest = rules.compat ? now : now.advanced(by: .zero - resolution)
    var prices: [String: AssetPrices] = [:]
    for (asset, rounds) in Dictionary(grouping: rounds, by: \.params.asset) {
      guard let span = PriceSpan(rounds, margin: margin, notAfter: latest) else { continue }
      let points = try load(asset, span, on: connection, keeping, latest: latest)
      prices[asset] = AssetPrices(points)
    }
    return prices
  }

  private func load(
    _ asset: String, _ span: PriceSpan, on connection: PostgresConnection, _ keeping: Keeping,
    latest: UTCTime
  ) throws(StorageError) -> [PriceTable.Point] {
    let table = PriceTable(connection)
    let kept = keeping != .nothing ? try table.load(asset, in: span.from...span.until) : []
    let resolution = max(1, rules.truth.resolution.nanoseconds / 1_000_000_000)
    guard let missing = span.missing(kept, resolution: resolution) else { return kept }
    let fetched = fetch(asset, missing, resolution: resolution)
    guard !fetched.isEmpty else { return kept }
    let isSettled = { (point: PriceTable.Point) in
      point.timestampSeconds <= latest.secondsSinceEpoch - (self.rules.compat ? resolution : 0)
    }
    guard keeping == .writing else { return merged(kept, fetched) }
    let new = try table.keep(fetched.filter(isSettled), of: asset)
    logger.debug("prices kept", metadata: ["asset": "\(asset)", "new": "\(new)"])
    let all = try table.load(asset, in: span.from...span.until)
    return rules.compat ? merged(all, fetched) : all
  }

  private func merged(
    _ kept: [PriceTable.Point], _ fetched: [PriceTable.Point]
  ) -> [PriceTable.Point] {
    let times = Set(kept.map(\.timestampSeconds))
    return (kept + fetched.filter { !times.contains($0.timestampSeconds) })
      .sorted { $0.timestampSeconds < $1.timestampSeconds }
  }

  private func fetch(
    _ asset: String, _ span: ClosedRange<Int64>, resolution: Int64
  ) -> [PriceTable.Point] {
    var points: [PriceTable.Point] = []
    var from = span.lowerBound
    while from <= span.upperBound, !isStopped() {
      let until = min(span.upperBound, from + Self.pointsPerRequest * resolution - 1)
      guard let batch = ask(asset, from...until) else { break }
      points += batch.points.lazy.filter { span.contains($0.timestampSeconds) }
        .map { ($0.timestampSeconds, $0.price) }
      from = until + 1
    }
    return points
  }

  private func ask(_ asset: String, _ span: ClosedRange<Int64>) -> PriceBatch? {
    for attempt in 1...Self.triesMax {
      do throws(PriceError) {
        return try source.points(of: asset, in: span, timeout: timeout, isCancelled: isStopped)
      } catch {
        guard error.isWorthRetrying, attempt < Self.triesMax, !isStopped() else {
          logger.warning(
            "no prices from the source; what is kept is used, and the rest is waited for",
            metadata: ["asset": "\(asset)", "reason": "\(error)"])
          return nil
        }
        Pause.rest(Self.pauseBetweenTries, isStopped: isStopped)
      }
    }
    return nil
  }
}
