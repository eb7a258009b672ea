/// One request to a web server.
public struct HTTPRequest: Sendable {
  /// `GET`, `POST`, `PATCH`, `DELETE`.
  public var method: String
  /// An http or https address.
  public var url: String
  /// Header fields besides libcurl's own; neither may hold a newline.
  public var headers: [(name: String, value: String)] = []
  /// The body; nil means none.
  public var body: [UInt8]?

  /// A request without headers and body.
  public init(_ method: String, _ url: String) {
    self.method = method
    self.url = url
  }

  /// Whether the server is on this machine, so that no proxy lies between.
  var isLocal: Bool {
    guard let scheme = url.firstRange(of: "://") else { return false }
    let rest = url[scheme.upperBound...]
    return ["localhost", "127.", "[::1]"].contains(where: rest.hasPrefix)
  }
}
