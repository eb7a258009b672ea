/// Decides, from how all calls of one round (or all Setups of one start) ended, whether so many
/// went wrong in the same way at once that the fault must be ours or the network's.
///
/// Belongs to policy `fair`; `compatible` knows no such rule.
public struct PanicRule: Hashable, Sendable {
  /// The share of the models called above which the fault is taken to be ours, 0 to 1.
  public let share: Double
  /// Below this many models called, the rule says nothing.
  public let modelsMin: Int

  /// Creates the rule; Updraft's defaults are 30 % and 5 models.
  public init(share: Double = 0.3, modelsMin: Int = 5) {
    self.share = share
    self.modelsMin = modelsMin
  }

  /// Judges a round by its ends; skipped calls and those that we never sent are no calls.
  public func verdict(on ends: some Sequence<CallEnd>) -> PanicVerdict {
    var calledCount = 0
    var counts: [PanicCause: Int] = [:]
    for end in ends {
      if case .timeout(let kind) = end, !kind.wasSent { continue }
      calledCount += 1
      if let cause = PanicCause(end) { counts[cause, default: 0] += 1 }
    }
    guard calledCount >= modelsMin else { return PanicVerdict() }
    let overShare = counts.filter { Double($0.value) > share * Double(calledCount) }
    return PanicVerdict(causes: overShare, calledCount: calledCount)
  }
}
