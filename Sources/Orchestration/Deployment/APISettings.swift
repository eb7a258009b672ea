import Competition

/// `api`: how models are deployed over HTTP. Off unless the section is there.
public struct APISettings: Hashable, Sendable {
  /// The address to listen at, without brackets: 127.0.0.1, ::1, localhost, 0.0.0.0.
  public var host = "127.0.0.1"
  /// The port to listen at; 0 lets the system choose.
  public var port: UInt16 = 8_001
  /// The file whose first line is the token that callers present; nil means none, which is allowed
  /// on loopback only.
  public var tokenFile: String?
  /// The origins, besides its own, whose pages may use the API: `http://localhost:3000`.
  public var origins: [String] = []
  /// The names, besides the loopback's own, that callers may reach it under on loopback.
  public var hosts: [String] = []
  /// One request's body, bytes. 64 MiB: code with a small trained model.
  public var uploadBytesMax = 64 << 20
  /// One file, bytes.
  public var fileBytesMax = 32 << 20
  /// Files in one upload.
  public var filesMax = 100
  /// How long one upload may take.
  public var uploadTimeout: Duration = .seconds(60)
  /// Models that may be added over the API.
  public var modelsMax = 200
  /// Logs that may be followed at the same time.
  public var followersMax = 64

  /// The default settings.
  public init() {}

  /// Whether only programs of this machine can reach the address.
  public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

  /// `127.0.0.1:8001` or `[::1]:8001`.
  public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
