public import Competition

/// What every program says of itself in its metrics file.
public enum ProgramMetrics {
  /// Version, whether it runs, when the text was written, and what the process uses.
  ///
  /// - Parameters:
  ///   - program: its name.
  ///   - prefix: of the names; programs whose texts are joined need one each.
  ///   - startedAt: when it started.
  ///   - now: the time of the text.
  ///   - isRunning: false in the last text.
  /// - Returns: families of one sample each.
  public static func families(
    of program: String, prefix: String = "updraft_", startedAt: UTCTime, at now: UTCTime,
    isRunning: Bool
  ) -> [MetricFamily] {
    var build = MetricFamily(.gauge, prefix + "build_info", "The program's version; always 1.")
    build.add(1, ["program": program, "version": updraftVersion])
    return ProcessMetrics.families(startedAt: startedAt, prefix: prefix + "process_") + [
      build,
      MetricFamily(
        .gauge, prefix + "running", "1 while the program runs, 0 in its last text.",
        value: isRunning ? 1 : 0),
      MetricFamily(
        .gauge, prefix + "metrics_timestamp_seconds", "When this text was written, Unix time.",
        value: Double(now.microsecondsSinceEpoch) / 1e6),
    ]
  }
}
