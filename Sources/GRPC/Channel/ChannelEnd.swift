/// Why a channel is closed.
public struct ChannelEnd: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of ends.
  public enum Kind: Hashable, Sendable {
    /// The connection could not be made.
    case notConnected
    /// This process has no file descriptor left.
    case outOfDescriptors
    /// The peer does not speak HTTP/2.
    case notHTTP2
    /// The peer closed in order (end of stream or GOAWAY).
    case closedByPeer
    /// The connection broke.
    case broken
  }

  /// The kind.
  public let kind: Kind
  /// What happened, for people.
  public let reason: String

  /// The reason.
  public var description: String { reason }
}
