internal import Competition
import Glibc

/// How many models this process has file descriptors for, when the database, the orchestrator, the
/// prices and the logs keep theirs.
struct DescriptorRoom: Sendable {
  /// The limit of open files in force.
  let limit: Int
  /// The descriptors that models must leave alone.
  let reserved: Int

  /// The room under the limit that is in force now.
  static func current(loopCount: Int) -> DescriptorRoom {
    var limit = rlimit()
    let known = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    return DescriptorRoom(
      limit: known ? Int(clamping: limit.rlim_cur) : 1_024,
      reserved: Limits.descriptorsReserved + loopCount * Limits.loopDescriptorCount)
  }

  /// One descriptor a model.
  var modelsMax: Int { max(0, limit - reserved) }

  /// Why no more models than that are connected, and what to do.
  var text: String {
    "over the \(modelsMax) models that \(limit) open files allow (\(reserved) are kept for the "
      + "database, the orchestrator, prices and logs): raise the limit (ulimit -n, LimitNOFILE=)"
  }
}
