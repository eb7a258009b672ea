/// Why a request gave no answer.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The kind's name, as logs show it.
    public let description: String
    /// The address is malformed, or neither http nor https.
    public static let badURL = Code(description: "bad URL")
    /// The host's name has no address.
    public static let unresolvedHost = Code(description: "unresolved host")
    /// Nothing accepts connections there.
    public static let refused = Code(description: "connection refused")
    /// The time of `HTTPLimits.timeout` ran out.
    public static let timedOut = Code(description: "timed out")
    /// The caller cancelled.
    public static let cancelled = Code(description: "cancelled")
    /// The body is larger than `HTTPLimits.bodyBytesMax`.
    public static let bodyTooLarge = Code(description: "body too large")
    /// The headers are larger than `HTTPLimits.headerBytesMax`.
    public static let headersTooLarge = Code(description: "headers too large")
    /// More redirects than `HTTPLimits.redirectsMax`.
    public static let tooManyRedirects = Code(description: "too many redirects")
    /// The server answered, with a status other than 2xx; see `status`.
    public static let status = Code(description: "HTTP status")
    /// TLS could not be set up, or the server's certificate is not trusted.
    public static let untrusted = Code(description: "TLS failure")
    /// The connection broke, or what arrived is not HTTP.
    public static let transport = Code(description: "transport failure")
    /// libcurl could not be set up.
    public static let setup = Code(description: "libcurl failure")
  }

  /// The kind of failure.
  public let code: Code
  /// The request's method.
  public var method = "GET"
  /// libcurl's own number (`CURLcode`), when libcurl ended the transfer.
  public let curlCode: Int32?
  /// The HTTP status, when one arrived.
  public let status: Int?
  /// The address without user, password, query and fragment.
  public let url: String
  /// What happened, one line.
  public let detail: String
  /// What the reader can do next.
  public let advice: String

  /// `GET http://host/path: connection refused: Failed to connect … (check …)`.
  public var description: String {
    "\(method) \(url): \(code): \(detail) (\(advice))"
  }

  /// Whether the same request may succeed later without anybody changing anything.
  public var isWorthRetrying: Bool {
    switch code {
    case .badURL, .cancelled, .tooManyRedirects, .bodyTooLarge, .headersTooLarge, .setup: false
    case .status: status.map { $0 >= 500 || [408, 425, 429].contains($0) } ?? true
    default: true
    }
  }
}
