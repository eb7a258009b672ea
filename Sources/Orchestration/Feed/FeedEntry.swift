public import Competition

/// One model of an `init` or `update` message.
public struct FeedEntry: Hashable, Sendable {
  /// Whose it is and where it listens.
  public var description: ModelDescription
  /// Whether it runs.
  public var state: FeedState

  /// Creates an entry.
  public init(_ description: ModelDescription, state: FeedState = .running) {
    self.description = description
    self.state = state
  }
}
