import Competition
import ScoreStore

/// A span of time for which an asset's prices are needed, Unix seconds, both ends included.
struct PriceSpan: Hashable {
  /// The first second.
  var from: Int64
  /// The last second.
  var until: Int64

  /// What rounds of one asset need: from a step before the first one to the end of the last one,
  /// with a margin at both ends for prices that don't lie on the point.
  init?(_ rounds: some Sequence<ReadyRound>, margin: Duration, notAfter now: UTCTime) {
    var first: UTCTime?
    var last: UTCTime?
    for round in rounds {
      let begin = round.resolvableAt.advanced(
        by: .seconds(-round.params.horizonSeconds - max(0, round.params.stepSeconds)))
      first = min(first ?? begin, begin)
      last = max(last ?? round.resolvableAt, round.resolvableAt)
    }
    guard let first, let last else { return nil }
    from = max(0, first.advanced(by: .zero - margin).secondsSinceEpoch)
    until = min(last.advanced(by: margin), now).secondsSinceEpoch
    guard from <= until else { return nil }
  }

  /// The part of the span from its first hole to its last one; nil when the points leave none.
  ///
  /// - Parameters:
  ///   - points: in order of time, within the span.
  ///   - resolution: seconds from a price to the next one.
  /// - Returns: seconds to ask the source for.
  func missing(_ points: [PriceTable.Point], resolution: Int64) -> ClosedRange<Int64>? {
    var first: Int64?
    var last: Int64?
    var previous = from - 1
    for next in points.map(\.timestampSeconds) + [until + 1] {
      if next - previous > resolution {
        first = first ?? previous + 1
        last = next - 1
      }
      previous = next
    }
    guard let first, let last else { return nil }
    return first...last
  }
}
