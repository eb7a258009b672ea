import Competition
import ScoreStore
import Scoring

/// What is known of a round before its predictions are read.
enum RoundState {
  /// All prices are there.
  case resolved(RoundTruth)
  /// The prices were waited for long enough: its predictions fail for this reason.
  case overdue(reason: String)
}

/// What tells a round from all others.
struct RoundKey: Hashable {
  let params: PredictionParams
  let performedAt: UTCTime
  let resolvableAt: UTCTime

  init(_ round: ReadyRound) {
    (params, performedAt, resolvableAt) = (round.params, round.performedAt, round.resolvableAt)
  }

  init(_ prediction: ScorablePrediction) {
    params = prediction.params
    (performedAt, resolvableAt) = (prediction.performedAt, prediction.resolvableAt)
  }
}

/// Cuts rounds into pieces that fit in memory and in one transaction.
enum RoundBatches {
  /// The time whose prices are held at once. A day of seconds is 1.4 MB an asset.
  static let sliceSpan = Duration.seconds(86_400)
  /// A batch's rounds become part of its statement.
  static let roundsMax = 100

  /// Pieces of rounds whose ends lie within `sliceSpan`; the rounds are in order of their ends.
  static func slices(_ rounds: [ReadyRound]) -> [ArraySlice<ReadyRound>] {
    pieces(rounds[...]) { first, next, _ in
      next.resolvableAt.since(first.resolvableAt) <= sliceSpan
    }
  }

  /// Pieces of rounds with about `rowsMax` predictions together, or a single larger one.
  static func batches(
    _ rounds: ArraySlice<ReadyRound>, rowsMax: Int
  ) -> [ArraySlice<ReadyRound>] {
    pieces(rounds) { _, next, piece in
      piece.count < roundsMax
        && piece.reduce(next.predictionCount) { $0 + $1.predictionCount } <= rowsMax
    }
  }

  private static func pieces(
    _ rounds: ArraySlice<ReadyRound>,
    fits: (ReadyRound, ReadyRound, ArraySlice<ReadyRound>) -> Bool
  ) -> [ArraySlice<ReadyRound>] {
    var pieces: [ArraySlice<ReadyRound>] = []
    var start = rounds.startIndex
    for index in rounds.indices.dropFirst()
    where !fits(rounds[start], rounds[index], rounds[start..<index]) {
      pieces.append(rounds[start..<index])
      start = index
    }
    if start < rounds.endIndex { pieces.append(rounds[start...]) }
    return pieces
  }
}
