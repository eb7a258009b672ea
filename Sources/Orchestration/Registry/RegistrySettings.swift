/// The registry that says which models run, in production: `watcher.poller {type: onchain}`.
public struct RegistrySettings: Hashable, Sendable {
  /// Its address; `/models/states` is added.
  public var url: String
  /// Where the last good answer is kept, for a start while the registry is away.
  public var stateFile: String
  /// How long one answer may take, from the start of the request.
  public var timeout: Duration = .seconds(10)
  /// The largest answer, bytes. 16 MiB: 5,000 models of 1 KB, three times over.
  public var answerBytesMax = 16 << 20
  /// The longest wait after failures; the first one is `watcher.interval`.
  public var backoffMax: Duration = .seconds(300)

  /// The address that the Python orchestrator asks when none is given.
  public static let defaultURL = "http://localhost:3000"

  /// Settings with the defaults for what isn't given.
  public init(url: String = RegistrySettings.defaultURL, stateFile: String) {
    self.url = url
    self.stateFile = stateFile
  }

  /// The address that is asked for the models of these competitions.
  func address(of crunches: [CrunchSettings]) -> String {
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    let names = crunches.map { "crunchNames%5B%5D=" + Self.percentEncoded($0.onchainName) }
    return "\(base)/models/states?" + names.joined(separator: "&")
  }

  /// RFC 3986, 2.3: everything but the unreserved characters is escaped.
  private static func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in text.utf8 {
      let scalar = Unicode.Scalar(byte)
      if scalar.isASCII,
        scalar.properties.isAlphabetic || "0123456789-._~".unicodeScalars.contains(scalar)
      {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
