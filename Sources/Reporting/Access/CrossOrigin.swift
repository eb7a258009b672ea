/// Which pages of other origins may read the answers (CORS).
struct CrossOrigin: Sendable {
  /// `*`, or origins such as `https://example.org`.
  let origins: [String]

  /// The headers that let the page of `origin` read an answer; none for others.
  func headers(for origin: String?) -> [(name: String, value: String)] {
    guard !origins.isEmpty else { return [] }
    if origins.contains("*") {
      return origin == nil ? [] : [("Access-Control-Allow-Origin", "*"), exposed]
    }
    // Caches must keep answers to different origins apart, also that to none.
    guard let origin, origins.contains(origin) else { return [("Vary", "Origin")] }
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), exposed]
  }

  /// What an answer to a browser that asks whether it may ask has beside `headers(for:)`; nil when
  /// it may not.
  func preflight(origin: String?) -> [(name: String, value: String)]? {
    guard let origin, origins.contains("*") || origins.contains(origin) else { return nil }
    return [
      ("Access-Control-Allow-Methods", "GET, HEAD"),
      ("Access-Control-Allow-Headers", "X-API-Key, Authorization, If-None-Match"),
      ("Access-Control-Max-Age", "600"),
    ]
  }

  private var exposed: (name: String, value: String) { ("Access-Control-Expose-Headers", "ETag") }
}
