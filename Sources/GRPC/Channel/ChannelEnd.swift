internal import EventLoop
public import TLSEngine

/// Why a channel is closed.
public struct ChannelEnd: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of ends.
  public enum Kind: Hashable, Sendable {
    /// The connection could not be made.
    case notConnected
    /// This process has no file descriptor left.
    case outOfDescriptors
    /// TLS could not be agreed on: one side refused the other, or the peer speaks none.
    case notSecure
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

  /// What went wrong with TLS; nil when something else did.
  public var tlsCode: TLSError.Code?

  /// The reason.
  public var description: String { reason }
}

extension ChannelEnd {
  init(_ error: EventLoopError, whileConnecting: Bool) {
    let kind: Kind =
      error.isOutOfDescriptors ? .outOfDescriptors : whileConnecting ? .notConnected : .broken
    self.init(kind: kind, reason: "\(error)")
  }

  init(_ failure: TransportFailure, of target: String, whileConnecting: Bool) {
    switch failure {
    case .connection(let error): self.init(error, whileConnecting: whileConnecting)
    case .tls(let error):
      // Many servers leave without TLS's farewell; HTTP/2 knows whether an answer is missing.
      let kind: Kind = error.code == .truncated && !whileConnecting ? .closedByPeer : .notSecure
      self.init(
        kind: kind, reason: "\(target): \(failure)", tlsCode: kind == .notSecure ? error.code : nil)
    }
  }
}
