import ModelRunner

/// How the rounds of a call are printed.
protocol CallReport: Sendable {
  /// Prints a round; numbers count from 1, `cpuTime` is that of all threads during it, `late` how
  /// long after its scheduled start it began, nil without a schedule.
  func round(_ round: CallRound, number: Int, cpuTime: Duration, late: Duration?)

  /// Prints what all rounds gave.
  func summary(_ summary: CallSummary)
}

extension Duration {
  /// Milliseconds with three decimals.
  var roundedMillis: Double { (inSeconds * 1e6).rounded() / 1e3 }

  /// Milliseconds for people: `12.3 ms`.
  var millisText: String {
    let tenths = (inSeconds * 1e4).rounded() / 10
    return "\(tenths) ms"
  }
}
