import Competition
import ServiceRuntime
import Storage

/// Keeps the service's status line true while storage is in trouble or catches up.
struct StorageWatch: Sendable {
  /// What is said when nothing is the matter.
  private static let usual = "playing"
  private static let interval = Duration.seconds(5)

  let writer: RoundWriter
  let notifier: ServiceNotifier

  /// Looks every 5 s until the task is cancelled; without a listener it ends at once.
  func run() async {
    guard notifier.isActive else { return }
    var told = Self.usual
    while !Task.isCancelled {
      let status = Self.status(of: writer.statistics)
      if status != told { notifier.status(status) }
      told = status
      try? await Task.sleep(for: Self.interval)
    }
  }

  /// One line for `systemctl status`.
  static func status(of storage: RoundWriterStatistics) -> String {
    if storage.isDegraded {
      let spool = ByteCountText.describe(storage.spoolBytes)
      let trouble =
        storage.isSpoolFailing ? "the spool takes nothing" : storage.lastError ?? "no database"
      return "playing, storage degraded: \(storage.queuedRounds) rounds wait, \(spool) in the "
        + "spool: \(trouble)"
    }
    if storage.replayingRounds > 0 {
      return "playing; \(storage.replayingRounds) rounds of an earlier run are being stored"
    }
    return usual
  }
}
