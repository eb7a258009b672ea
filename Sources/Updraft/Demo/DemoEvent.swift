import EventLoop

/// The programs that the demo starts, by their own names.
enum DemoProgram: String, Hashable, Sendable, CaseIterable {
  case priceServer = "price-server"
  case orchestrator = "model-orchestrator"
  case worker = "predict-worker"
  case scorer = "score-worker"
  case report = "report-worker"
}

/// What the demo reacts to.
enum DemoEvent: Sendable {
  /// A moment has passed: time to look around.
  case beat
  /// A program wrote a line.
  case line(DemoProgram, String)
  /// A program ended; `lastLines` is the end of what it wrote.
  case ended(DemoProgram, ChildExit, lastLines: [String])
  /// Ctrl-C or SIGTERM.
  case interrupted
}
