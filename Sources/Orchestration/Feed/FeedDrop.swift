/// Why a feed ended a client's connection that the client would have kept.
public enum FeedDrop: String, Hashable, Sendable, CaseIterable {
  /// There were as many clients as there may be.
  case full
  /// More waited for it than may wait: it doesn't read.
  case slow
  /// It didn't answer in time: the upgrade, a ping or the close.
  case silent
  /// What it sent broke WebSocket's rules, was too large, made no sense, or was far too much.
  case unruly
}
