public import Competition

/// The models of one round.
public struct RoundRoster: Hashable, Sendable {
  /// One model of a round.
  public struct Entry: Hashable, Sendable {
    /// The model.
    public let modelID: ModelID
    /// Whether it is called; if not, it is ABSENT.
    public let isCalled: Bool

    /// Creates an entry.
    public init(modelID: ModelID, isCalled: Bool) {
      self.modelID = modelID
      self.isCalled = isCalled
    }
  }

  /// Every model that gets a record, by id, each once. Shape: [rosterCount].
  public let entries: [Entry]
  /// The rows of `models` that storage has not accepted yet in their present form.
  public let changedRows: [ModelRow]

  /// Creates a roster of entries that are distinct.
  public init(entries: [Entry], changedRows: [ModelRow] = []) {
    self.entries = entries
    self.changedRows = changedRows
  }

  /// The models to call, by id.
  public var calledModels: [ModelID] { entries.lazy.filter(\.isCalled).map(\.modelID) }
}
