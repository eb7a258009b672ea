public import Competition

/// A part of a round that the spool has taken: from here on it survives the end of the program, and
/// with `fsync: always` that of the machine.
public struct KeptPart: Hashable, Sendable {
  /// What was taken.
  public enum Content: Hashable, Sendable {
    /// What is asked of whom: every model of the roster gets its row from now on.
    case opening
    /// The outcomes at these places of the roster.
    case outcomes([Int])
    /// The round's end.
    case end
  }

  /// When the round is asked: its key.
  public let performedAt: UTCTime
  /// What was taken of it.
  public let content: Content
}
