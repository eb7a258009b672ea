/// What the orchestrator says of a model, as the wire names it.
public enum FeedState: String, Hashable, Sendable, CaseIterable {
  /// It serves at the given address.
  case running = "RUNNING"
  /// It doesn't run.
  case stopped = "STOPPED"
  /// It doesn't run now and will again.
  case recovering = "RECOVERING"
}
