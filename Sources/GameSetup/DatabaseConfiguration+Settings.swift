public import Settings
public import Storage

extension DatabaseConfiguration {
  /// The coordinates that the game's settings give.
  ///
  /// - Throws: `StorageError` of code `configuration` when the URL can't be read.
  public init(_ settings: DatabaseSettings) throws(StorageError) {
    try self.init(environment: [:], url: settings.url)
    guard settings.url == nil else { return }
    host = settings.host
    port = settings.port.map(Int.init)
    user = settings.user
    password = settings.password
    database = settings.name
  }
}
