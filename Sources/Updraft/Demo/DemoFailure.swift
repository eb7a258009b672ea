/// Why a demo can't go on.
struct DemoFailure: Error, CustomStringConvertible {
  /// What happened, one line.
  let reason: String
  /// The end of the log that tells more.
  var lastLines: [String] = []

  var description: String { reason }
}

/// Ctrl-C or SIGTERM came.
struct DemoInterruption: Error {}
