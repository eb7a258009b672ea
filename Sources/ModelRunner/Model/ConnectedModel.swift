public import Competition

/// A model that takes part in calls.
public struct ConnectedModel: Hashable, Sendable {
  /// Who it is, which deployment, and where.
  public let description: ModelDescription
  /// The number of its connection: new each time the model was connected and set up. A model behind
  /// a new connection may have forgotten what it was told before.
  public let connection: UInt64
}
