/// What an answer depends on, of a request of any server.
public struct ReportRequest: Sendable {
  /// `GET`, `HEAD`, …
  public var method: String
  /// Path and query as they came: `/reports/models?limit=3`.
  public var target: String
  /// The headers that matter; nil when they are absent.
  public var ifNoneMatch, acceptEncoding, origin, requestedMethod, apiKey, authorization: String?

  /// A request without headers.
  public init(method: String, target: String) {
    self.method = method
    self.target = target
  }

  /// The key that the caller presents in either header.
  var key: String? {
    if let apiKey { return apiKey }
    guard let authorization, let space = authorization.firstIndex(of: " "),
      authorization[..<space].lowercased() == "bearer"
    else { return nil }
    return String(authorization[authorization.index(after: space)...])
  }

  /// Whether the caller takes gzip.
  var takesGzip: Bool {
    guard let acceptEncoding else { return false }
    return acceptEncoding.split(separator: ",").contains { part in
      let words = part.split(separator: ";")
      let name = words.first?.filter { $0 != " " }.lowercased()
      let isRefused = words.dropFirst().contains {
        let weight = $0.filter { $0 != " " }
        return weight.hasPrefix("q=0") && !weight.contains { ("1"..."9").contains($0) }
      }
      return (name == "gzip" || name == "*") && !isRefused
    }
  }

  /// Whether the caller holds the body of `tag` already.
  func holds(_ tag: String) -> Bool {
    guard let ifNoneMatch else { return false }
    if ifNoneMatch == tag || ifNoneMatch == "*" { return true }
    let bare = tag.dropFirst(2)
    return ifNoneMatch.split(separator: ",").contains { part in
      let text = part.drop { $0 == " " }
      return text == tag || text == bare
    }
  }
}

/// An answer for any server to send.
public struct ReportAnswer: Sendable {
  /// The HTTP status.
  public let status: Int
  /// Header names and values, without the content's length.
  public var headers: [(name: String, value: String)]
  /// The bytes; nil for an answer without.
  public let body: ReportBody?
  /// Whether the body's bytes are left out, while its length is told.
  public let isHeadOnly: Bool
  /// Under what name the answer is counted, one of a bounded set.
  public let route: String
}
