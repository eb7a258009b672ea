/// A complete answer with status 2xx.
public struct HTTPAnswer: Sendable {
  /// The HTTP status, 200 to 299.
  public let status: Int
  /// The body as the server meant it, that is after decompression.
  public let body: [UInt8]

  /// Wraps a status and a body.
  public init(status: Int, body: [UInt8]) {
    self.status = status
    self.body = body
  }
}
