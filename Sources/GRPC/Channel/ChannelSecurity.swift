public import TLSEngine

/// TLS beneath a channel: who the server must prove to be, and who this side is.
public struct ChannelSecurity: Sendable {
  /// Whom this side trusts and which certificate it shows.
  public let context: TLSContext
  /// The name that the server's certificate must be for, and that is asked for (SNI).
  public let serverName: String

  /// Demands that the server proves to be `serverName`.
  public init(_ context: TLSContext, serverName: String) {
    self.context = context
    self.serverName = serverName
  }
}
