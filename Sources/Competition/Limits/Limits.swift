/// Every bound of the gateway, with the arithmetic behind its default.
///
/// The settings under `limits` in `game.yml` override the first group; the rest are constants of
/// the design.
public struct Limits: Hashable, Sendable {
  /// The largest answer of one model, bytes. Default 4 MiB: the Python client's effective limit,
  /// 70 times the 55 KB of 288 densities.
  public var replyBytesMax = 4 << 20
  /// What all answers of one round may take together, bytes. Default 1 GiB: 5,000 models × 200 KB.
  public var roundBytesMax = 1 << 30
  /// Models that one worker connects to. Default 5,000: 5,000 × 100 KB = 500 MB after an answer.
  public var modelsMax = 5_000
  /// Connections being opened at once. Default 64: below the usual listen backlog of 128.
  public var connectsInProgressMax = 64
  /// Nesting that an answer may have. Default 64; a Condor mixture of depth 3 nests 12 levels.
  public var jsonDepthMax = 64

  /// The default limits.
  public init() {}

  /// File descriptors that models must leave to the rest of a program, beside `loopDescriptorCount`
  /// for each loop: 3 standard streams, 4 of the database, 1 of the orchestrator, 10 of price
  /// requests, 7 of the spool and files, 8 segments of rounds that wait, 16 health checks, 7 spare.
  public static let descriptorsReserved = 56
  /// File descriptors of one event loop: libuv's epoll, wake-up, signal pipe and backend, rounded
  /// up.
  public static let loopDescriptorCount = 8
  /// Health checks at once on one loop; more wait their turn.
  public static let healthChecksMax = 16

  /// The hard ceiling of `replyBytesMax`: what gRPC models send at most.
  public static let replyBytesCeiling = 64 << 20
  /// The largest argument list of one call, bytes: a gRPC model accepts 64 MiB.
  public static let requestBytesMax = 64 << 20
  /// All response headers and trailers of one call, bytes: 16 KiB, as gRPC's default soft limit ×
  /// 2.
  public static let headerBytesMax = 16 << 10
  /// One orchestrator message, bytes: 10,000 entries × 1.6 KB.
  public static let orchestratorMessageBytesMax = 16 << 20
  /// What rounds that wait for the database may hold in memory, bytes: five rounds of 1,000 × 55
  /// KB. What is in the spool is read back when its turn comes.
  public static let queuedBytesMax = 256 << 20
  /// Failure reports waiting for a lost orchestrator: one per model of the largest worker.
  public static let queuedReportsMax = 5_000
  /// The read buffer of a loop, bytes: four answers of 55 KB in one read.
  public static let readBufferBytes = 256 << 10
  /// The receive window of a connection and a stream, bytes: an answer of any usual size in one go.
  public static let receiveWindowBytes = 16 << 20
  /// Frames beside its answers that a model may send in one go: a history of 4.66 MB in frames of
  /// 16 KiB, each acknowledged twice, takes 570.
  public static let controlFramesMax = 1_000
  /// Further ones that it earns in a second: gRPC servers send a PING in 10 s at most.
  public static let controlFramesPerSecond = 10
  /// Further ones that it earns with each call: gRPC's C core sends 5, head and trailers included.
  public static let controlFramesPerCall = 100
  /// What part of a request earns it another one, bytes: two window updates for a frame of 16 KiB,
  /// doubled.
  public static let bodyBytesPerControlFrame = 4 << 10
  /// An answer's body that isn't gRPC, such as a proxy's error page, bytes: nobody reads it, and a
  /// page of a proxy has some KiB.
  public static let errorPageBytesMax = 64 << 10
}
