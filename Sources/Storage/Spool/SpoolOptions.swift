/// Where the spool lies, how large it may become, and when it is forced to the disk.
public struct SpoolOptions: Sendable, Hashable {
  /// When appended answers are forced to the disk.
  public enum Fsync: String, Hashable, Sendable, CaseIterable {
    /// Before `append` returns: an answer that has arrived survives a machine crash.
    case always
    /// Every `fsyncInterval`, on a thread of the spool's own: a machine crash may lose that much.
    case interval
    /// Never: what has arrived survives a crash of the process only.
    case never
  }

  /// The folder; made when it is not there.
  public var directory: String
  /// The disk space that all segments may take, bytes. Default 8 GiB.
  public var bytesMax: Int
  /// When it is forced to the disk. Default `interval`.
  public var fsync: Fsync
  /// The time between two rounds of fdatasync. Default 200 ms.
  public var fsyncInterval: Duration

  /// Options with the defaults of `game.yml`.
  public init(
    directory: String, bytesMax: Int = 8 << 30, fsync: Fsync = .interval,
    fsyncInterval: Duration = .milliseconds(200)
  ) {
    self.directory = directory
    self.bytesMax = bytesMax
    self.fsync = fsync
    self.fsyncInterval = fsyncInterval
  }
}
