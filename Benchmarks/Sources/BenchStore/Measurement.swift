/// One stored round.
struct Measurement {
  /// From the last answer to the commit; for psql, the whole `\copy`.
  let seconds: Double
  /// From the last answer until all of the round was in the spool; nil without one.
  var keptSeconds: Double?
  /// CPU time of the client's storing thread.
  let cpuSeconds: Double
  /// CPU time that storing took from the thread that handed the round over.
  let callerCPUSeconds: Double
}

extension [Double] {
  /// The middle value; the mean of the two middle ones of an even count.
  var median: Double {
    let sorted = sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}
