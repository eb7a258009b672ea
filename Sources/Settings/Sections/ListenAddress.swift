/// A host and port that a server listens on, written `127.0.0.1:8000` or `[::1]:8000`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address or host name, without brackets.
  public let host: String
  /// The TCP port.
  public let port: UInt16

  /// Reads `host:port`; nil when one is missing or the port is not from 1 to 65535.
  public init?(text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      port > 0
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.host = String(host)
    self.port = port
  }

  /// `127.0.0.1:8000` or `[::1]:8000`.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
