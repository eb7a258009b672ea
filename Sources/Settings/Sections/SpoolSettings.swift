/// The disk buffer between answers and PostgreSQL (`spool`).
public struct SpoolSettings: Hashable, Sendable {
  /// When written answers are forced to the disk.
  public enum Fsync: String, Hashable, Sendable, CaseIterable {
    /// After every write: survives a machine crash.
    case always
    /// Every `fsyncInterval`: a machine crash may lose that much.
    case interval
    /// Never: survives a process crash only.
    case never
  }

  /// The folder, relative to the working folder. Default `spool`.
  public var directory = "spool"
  /// The disk space that it may take. Default 8 GiB.
  public var bytesMax = 8 << 30
  /// When it is forced to the disk. Default `interval`.
  public var fsync = Fsync.interval
  /// The time between two fsyncs. Default 200 ms.
  public var fsyncInterval = Duration.milliseconds(200)

  /// The default settings.
  public init() {}

  static func read(_ section: SettingSection) -> SpoolSettings {
    var settings = SpoolSettings()
    settings.directory = section.text("dir", default: settings.directory)
    settings.bytesMax = section.bytes(
      "bytes_max", default: settings.bytesMax, in: (16 << 20)...(1 << 50))
    settings.fsync = section.choice("fsync", default: settings.fsync)
    settings.fsyncInterval = section.duration("fsync_interval", default: settings.fsyncInterval)
    return settings
  }
}
