import Competition
public import Settings
import Glibc
public import ServiceRuntime
import Storage

/// The checks of what this machine gives a game: disk space and file descriptors.
public enum ResourceChecks {
  /// Descriptors beside those of models, with one loop.
  private static let otherDescriptorCount =
    Limits.descriptorsReserved + Limits.loopDescriptorCount

  /// The space of the spool's folder, or of the nearest folder above that exists, and the rounds
  /// that wait in it.
  public static func spool(_ settings: SpoolSettings) -> CheckRow {
    let name = "spool"
    var folder = settings.directory
    while access(folder, F_OK) != 0, let slash = folder.lastIndex(of: "/"), folder != "/" {
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
    if access(folder, F_OK) != 0 { folder = "." }
    guard access(folder, W_OK | X_OK) == 0 else {
      return .failure(
        name, "\(folder) can't be written: \(String(cString: strerror(errno)))",
        remedy: "give this user the folder, or set spool.dir to another one")
    }
    var space = statvfs()
    guard statvfs(folder, &space) == 0 else {
      return .failure(
        name, "\(folder): \(String(cString: strerror(errno)))",
        remedy: "set spool.dir to another one")
    }
    let free = Int(clamping: UInt64(space.f_bavail) &* UInt64(space.f_frsize))
    let finding =
      "\(settings.directory): \(ByteCountText.describe(free)) are free"
      + waiting(in: SpoolFolder(directory: settings.directory))
    guard free >= settings.bytesMax else {
      return .warning(
        name, "\(finding), and it may take \(ByteCountText.describe(settings.bytesMax))",
        remedy: "free space, or lower spool.bytes_max")
    }
    return .ok(name, finding)
  }

  /// What an earlier run has left, and who uses the folder now; nothing when it isn't there yet.
  private static func waiting(in folder: SpoolFolder) -> String {
    guard let listing = try? folder.list() else { return "" }
    var text = ", \(listing.segments.count) rounds wait"
    if !listing.damaged.isEmpty { text += ", \(listing.damaged.count) files are damaged" }
    if let holder = folder.holder, holder > 0 { text += ", process \(holder) uses it" }
    return text
  }

  /// The limit of open files against the models that may be connected.
  public static func descriptors(modelsMax: Int) -> CheckRow {
    let limit = DescriptorLimit.raise()
    let needed = modelsMax + otherDescriptorCount
    let finding = "\(limit) open files are allowed, \(modelsMax) models need \(needed)"
    return limit >= needed
      ? .ok("descriptors", finding)
      : .warning(
        "descriptors", finding,
        remedy: "raise the limit (ulimit -Hn, LimitNOFILE=), or lower limits.models_max")
  }
}
