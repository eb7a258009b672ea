/// What a report is about, and who may read it.
public struct ReportOptions: Sendable {
  /// The competition's name.
  public var crunchID: String
  /// The program's version.
  public var version: String
  /// The keys; none opens everything.
  public var keys = AccessKeys()
  /// The origins that browsers may read answers from.
  public var corsOrigins: [String] = []
  /// The predict worker's metrics; nil when it writes none.
  public var metricsFile: String?
  /// The score worker's metrics; nil when it writes none.
  public var scoreMetricsFile: String?
  /// The web pages; the one at `/` is the first.
  public var files: [ReportFile] = []

  /// A report of a game, open to everybody, without pages.
  public init(crunchID: String, version: String) {
    self.crunchID = crunchID
    self.version = version
  }
}
