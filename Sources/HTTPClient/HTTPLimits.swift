/// What one request may take; each is checked while the answer arrives, not after.
public struct HTTPLimits: Hashable, Sendable {
  /// From the start of the request to the last byte of the body, redirects included. Default 10 s.
  public var timeout: Duration = .seconds(10)
  /// The body after decompression, bytes. Default 64 MiB: 30 days of second prices at 22 bytes
  /// each.
  public var bodyBytesMax = 64 << 20
  /// All response headers of all redirects together, bytes. Default 256 KiB.
  public var headerBytesMax = 256 << 10
  /// Redirects followed, to http and https only. Default 5; 0 refuses the first.
  public var redirectsMax = 5

  /// The default limits.
  public init() {}

  /// The default limits with another `timeout`.
  public init(timeout: Duration) { self.timeout = timeout }
}
