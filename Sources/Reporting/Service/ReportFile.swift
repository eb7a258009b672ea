/// A file of the web pages.
public struct ReportFile: Sendable {
  /// Where it is served: `/assets/app.css`.
  public let path: String
  /// `text/css; charset=utf-8`.
  public let contentType: String
  /// Its bytes.
  public let body: ReportBody

  /// Joins a path and its bytes.
  public init(path: String, contentType: String, bytes: [UInt8]) {
    self.path = path
    self.contentType = contentType
    body = ReportBody(bytes)
  }
}
