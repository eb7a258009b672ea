public import Competition

/// The models of one round.
public struct RoundRoster: Hashable, Sendable {
  /// One model of a round.
  public typealias Entry = RoundOpening.Entry

  /// Every model that gets a record, by id, each once. Shape: [rosterCount].
  public let entries: [Entry]
  /// The rows of `models` that storage has not accepted yet in their present form.
  public let changedRows: [ModelRow]

  /// Creates a roster of entries that are distinct.
  public init(entries: [Entry], changedRows: [ModelRow] = []) {
    self.entries = entries
    self.changedRows = changedRows
  }
}
