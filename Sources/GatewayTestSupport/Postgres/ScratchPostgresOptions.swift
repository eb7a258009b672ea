/// How a scratch server is set up.
public struct ScratchPostgresOptions: Hashable, Sendable {
  /// Where the data lives; initialised only when empty, and kept. Nil for a temporary folder.
  public var dataFolder: String?
  /// The number in the Unix socket's name, and the TCP port with `listensOnLoopback`.
  public var port = 5432
  /// Whether the server also listens on 127.0.0.1, which then needs the `password`; without it
  /// there is no TCP at all.
  public var listensOnLoopback = false
  /// The superuser that is made.
  public var user = "updraft"
  /// The superuser's password; nil for none, then the socket's folder is the only guard.
  public var password: String?
  /// The database that is made.
  public var database = "updraft"
  /// Server settings beside the defaults, for example `["fsync": "off"]` where a crash of the
  /// machine doesn't matter. Durability is PostgreSQL's own default otherwise.
  public var settings: [String: String] = [:]
  /// The longest wait for the server to be ready, which includes making its files.
  public var startTimeout = Duration.seconds(60)

  /// The default options: a temporary folder, a Unix socket only, no password.
  public init() {}

  /// Options for tests: nothing is forced to disk. Commits still survive a crash of the server,
  /// only not one of the machine.
  public static var forTests: ScratchPostgresOptions {
    var options = ScratchPostgresOptions()
    options.settings = ["fsync": "off", "full_page_writes": "off"]
    return options
  }
}
