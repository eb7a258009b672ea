import Competition

/// The times of one round's answers, good and bad.
struct AnswerTimes: Hashable, Sendable {
  /// Microseconds, ascending.
  private let sorted: [Double]

  init(_ records: some Sequence<PredictionRecord>) {
    sorted = records.lazy.filter(\.isAnswered).map(\.execTimeMicros).sorted()
  }

  /// The smallest time that a `share` of all don't exceed, milliseconds; nil without any.
  func millis(share: Double) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let rank = Int((Double(sorted.count) * share).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1] / 1_000
  }
}
