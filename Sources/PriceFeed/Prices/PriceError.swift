/// Why prices could not be had.
public struct PriceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The kind's name, as logs show it.
    public let description: String
    /// A setting of the source cannot work.
    public static let badSetting = Code(description: "bad setting")
    /// The source could not be asked; `curlCode` and `status` say more.
    public static let unreachable = Code(description: "price source unreachable")
    /// The source answered something that is not a table of prices.
    public static let malformed = Code(description: "malformed prices")
    /// A file could not be read; `errno` says more.
    public static let unreadable = Code(description: "unreadable file")
    /// No asset has a single price.
    public static let noPrices = Code(description: "no prices")
    /// The deadline passed first.
    public static let timedOut = Code(description: "timed out")
    /// The feed is stopping.
    public static let stopped = Code(description: "stopped")
  }

  /// The kind of failure.
  public let code: Code
  /// What was being done: `BTC from http://host/v1/prices`, `prices.csv`.
  public let subject: String
  /// What happened, one line.
  public let detail: String
  /// What the reader can do next.
  public let advice: String
  /// Whether the same may succeed later without anybody changing anything.
  public let isWorthRetrying: Bool
  /// libcurl's own number, when it ended a request.
  public let curlCode: Int32?
  /// The HTTP status, when one arrived.
  public let status: Int?
  /// The system's error number, when a file was at fault.
  public let errno: Int32?

  /// An error with all its data.
  public init(
    _ code: Code, subject: String, detail: String, advice: String, isWorthRetrying: Bool = false,
    curlCode: Int32? = nil, status: Int? = nil, errno: Int32? = nil
  ) {
    self.code = code
    self.subject = subject
    self.detail = detail
    self.advice = advice
    self.isWorthRetrying = isWorthRetrying
    self.curlCode = curlCode
    self.status = status
    self.errno = errno
  }

  /// `malformed prices: BTC from http://…: "close" has 3 numbers, "timestamp" 4 (…)`.
  public var description: String { "\(code): \(subject): \(detail) (\(advice))" }
}
