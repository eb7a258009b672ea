/// What one model may use.
public struct ModelLimits: Hashable, Sendable {
  /// Private memory, bytes: of one process by the kernel (RLIMIT_DATA), of all processes of the
  /// model by a look each second. Default 4 GiB: numpy, pandas and a gradient-boosting model take
  /// less than 1, PyTorch 2.
  public var memoryBytes = 4 << 30
  /// Open files and sockets of one process. Default 1024, what most systems give anybody.
  public var files = 1_024
  /// Processes and threads of the model. Default 256: a model of numpy has about 10 on 2 cores, 70
  /// on 64.
  public var processes = 256
  /// Seconds of CPU that one process may use from its start to its end; nil, the default, sets no
  /// limit, since a model lives for weeks.
  public var cpuSeconds: Int?
  /// The largest file that it may write, bytes; with bubblewrap all that it may write. Default 1
  /// GiB.
  public var fileSizeBytes = 1 << 30
  /// The size at which its log file becomes `.log.1`, bytes. Default 10 MB.
  public var logSizeBytes = 10_000_000

  /// The default limits.
  public init() {}

  /// How fast each output stream of a model is read, bytes a second, a line counted as 100 at
  /// least: 1 MiB, 10,000 lines. A model that prints faster waits.
  public static let outputBytesPerSecond = 1 << 20
}
