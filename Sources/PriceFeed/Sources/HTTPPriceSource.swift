import Competition
import HTTPClient

/// Prices from the price API: `GET url?asset=BTC&from=UNIX&to=UNIX&resolution=minute`, answered by
/// `{"timestamp":[…],"close":[…]}`.
public final class HTTPPriceSource: PriceSource {
  /// The largest answer, bytes: 30 days of second prices at 22 bytes each.
  public static let answerBytesMax = 64 << 20

  /// The address without user, password and query.
  public let name: String

  private let url: String
  private let resolution: PriceResolution
  private let resolutionName: String
  private let fetcher: HTTPFetcher

  /// Checks the settings; asks nothing yet.
  ///
  /// - Throws: `PriceError` (`badSetting`) when the address is not http or https, or the API has no
  ///   word for the resolution.
  public init(url: String, resolution: PriceResolution) throws(PriceError) {
    let scheme = url.prefix { $0 != ":" }.lowercased()
    guard ["http", "https"].contains(scheme), url.dropFirst(scheme.count).hasPrefix("://"),
      !url.contains(where: { $0 == "#" || $0.isWhitespace })
    else {
      throw PriceError(
        .badSetting, subject: "prices.url", detail: "must begin with http:// or https://",
        advice: "give the address of the price API, without spaces and without a #")
    }
    guard let resolutionName = resolution.apiName else {
      throw PriceError(
        .badSetting, subject: "prices.resolution",
        detail: "the price API has no resolution of \(resolution)",
        advice: "use 1s, 60s, 1h or 1d")
    }
    do throws(HTTPError) {
      fetcher = try HTTPFetcher()
    } catch {
      throw PriceError(
        .unreachable, subject: "prices.url", detail: error.detail, advice: error.advice)
    }
    self.url = url
    self.resolution = resolution
    self.resolutionName = resolutionName
    name = HTTPFetcher.publicAddress(of: url)
  }

  /// One request; callers on other threads wait for it to end.
  public func points(
    of asset: String, in span: ClosedRange<Int64>, timeout: Duration, isCancelled: () -> Bool
  ) throws(PriceError) -> PriceBatch {
    var limits = HTTPLimits(timeout: timeout)
    limits.bodyBytesMax = Self.answerBytesMax
    let subject = "\(asset) from \(name)"
    let answer: HTTPAnswer
    do throws(HTTPError) {
      answer = try fetcher.get(
        address(asset: asset, span: span), limits: limits, isCancelled: isCancelled)
    } catch {
      throw Self.error(error, subject: subject)
    }
    let raw = try PriceAnswer.points(in: answer.body, subject: subject)
    // A service may name a price by the end of its interval, one resolution ahead.
    var batch = PriceBatch(raw: raw.points, latest: span.upperBound + resolution.seconds)
    batch.dropped.outOfRangeCount += raw.fractionalCount
    return batch
  }

  private func address(asset: String, span: ClosedRange<Int64>) -> String {
    let separator = url.contains("?") ? "&" : "?"
    return "\(url)\(separator)asset=\(Self.escaped(asset))&from=\(span.lowerBound)"
      + "&to=\(span.upperBound)&resolution=\(resolutionName)"
  }

  /// Percent-encodes everything but the letters, digits and marks that RFC 3986 leaves alone.
  private static func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default:
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func error(_ error: HTTPError, subject: String) -> PriceError {
    let code: PriceError.Code = error.code == .cancelled ? .stopped : .unreachable
    let detail = error.code == .status ? "answered \(error.detail)" : error.detail
    return PriceError(
      code, subject: subject, detail: detail, advice: error.advice,
      isWorthRetrying: error.isWorthRetrying, curlCode: error.curlCode, status: error.status)
  }
}
