/// The head of a request to the deployment API, as it came.
public struct APIRequest: Hashable, Sendable {
  /// `GET`, `POST`, …
  public var method: String
  /// The path and, behind `?`, the query.
  public var target: String
  /// `Host`, or HTTP/2's `:authority`.
  public var host: String?
  /// `Origin`: the page that a browser sends it for.
  public var origin: String?
  /// `Sec-Fetch-Site`: how that page is related to us, by the browser.
  public var fetchSite: String?
  /// `Authorization`.
  public var authorization: String?
  /// `Content-Type`.
  public var contentType: String?
  /// `Content-Length`; nil when it isn't said.
  public var contentLength: Int?

  /// Creates a request without headers.
  public init(_ method: String, _ target: String) {
    self.method = method
    self.target = target
  }

  /// The path without the query.
  var path: Substring { target.prefix { $0 != "?" } }

  /// The last value of a parameter of the query; escapes aren't decoded, none of ours has any.
  func parameter(_ name: String) -> Substring? {
    let query = target.drop { $0 != "?" }.dropFirst()
    return query.split(separator: "&").last { $0.hasPrefix("\(name)=") }?.dropFirst(name.count + 1)
  }

  /// A parameter that is yes or no; nil when it is neither.
  func flag(_ name: String) -> Bool? {
    guard let value = parameter(name) else { return false }
    switch value.lowercased() {
    case "true", "1", "yes", "on": return true
    case "false", "0", "no", "off": return false
    default: return nil
    }
  }
}
