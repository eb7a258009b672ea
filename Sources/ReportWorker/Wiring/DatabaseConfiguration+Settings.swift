import Settings
import Storage

extension DatabaseConfiguration {
  /// The coordinates that the game's settings give. (`GameSetup` has the same for programs that
  /// know prices, and with them libcurl and its HTTP/2, which this one is to be free of.)
  ///
  /// - Throws: `StorageError` of code `configuration` when the URL can't be read.
  init(_ settings: DatabaseSettings) throws(StorageError) {
    try self.init(environment: [:], url: settings.url)
    guard settings.url == nil else { return }
    (host, port) = (settings.host, settings.port.map(Int.init))
    (user, password, database) = (settings.user, settings.password, settings.name)
  }
}
