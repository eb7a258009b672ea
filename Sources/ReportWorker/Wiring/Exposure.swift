import Competition
import Settings
import Reporting
import ServiceRuntime

/// Where the report is open, and to whom.
struct Exposure {
  /// The variable that holds keys instead of a file.
  static let keysVariable = "UPDRAFT_REPORT_KEYS"

  /// Every address to listen at, the API's first.
  let addresses: [ListenAddress]
  let keys: AccessKeys

  /// Reads the keys and judges the addresses.
  ///
  /// - Throws: `StartFailure` for keys that can't be used, and for an address that others can reach
  ///   while there are no keys and `report.public` doesn't say that this is meant.
  init(_ settings: ReportSettings, _ environment: [String: String]) throws(StartFailure) {
    keys = try Self.keys(settings, environment)
    var known: Set<ListenAddress> = []
    addresses = (settings.listen + settings.uiListen).filter { known.insert($0).inserted }
    guard !addresses.isEmpty else {
      throw StartFailure(
        "report.listen: must name an address such as 127.0.0.1:8000", exitCode: .wrongConfiguration)
    }
    if let open = addresses.first(where: { !$0.isLoopback }), keys.isEmpty, !settings.isPublic {
      throw StartFailure(
        "report: \(open) can be reached from other machines and there are no API keys",
        remedy: "set report.api_keys, or report.public: true when everybody may read everything, "
          + "or listen at 127.0.0.1", exitCode: .wrongConfiguration)
    }
  }

  private static func keys(
    _ settings: ReportSettings, _ environment: [String: String]
  ) throws(StartFailure) -> AccessKeys {
    let text: String
    let place: String
    if let path = settings.apiKeysFile {
      place = "report.api_keys: \(path)"
      do {
        text = try TextFile.read(path: path)
      } catch {
        throw StartFailure("\(place) \(error.reason)", exitCode: .wrongConfiguration)
      }
    } else if let given = environment[keysVariable], !given.isEmpty {
      (text, place) = (given, keysVariable)
    } else {
      return AccessKeys()
    }
    do {
      return try AccessKeys(text: text)
    } catch {
      throw StartFailure(
        "\(place), \(error)", remedy: "write KEY, read:KEY or admin:KEY, one a line",
        exitCode: .wrongConfiguration)
    }
  }
}

extension ListenAddress {
  /// Whether only programs of this machine can reach it.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
