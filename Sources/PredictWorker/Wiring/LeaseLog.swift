import Competition
import Logging
import Storage
import Telemetry

/// Writes what happens to a worker's lease as log lines.
struct LeaseLog: Sendable {
  let shard: Shard
  let logger: Logger

  /// One event of the lease.
  func write(_ event: LeaseEvent) {
    var fields: Logger.Metadata = ["shard": "\(shard)"]
    switch event {
    case .waiting(let holder): writeWait(holder)
    case .acquired(let hasWaited):
      logger.log(
        level: hasWaited ? .notice : .debug, "this worker plays its part of the game",
        metadata: fields)
    case .waitInterrupted(let error):
      fields[LogKey.reason] = "\(error)"
      logger.warning("the database is away; the wait goes on", metadata: fields)
    case .interrupted(let error):
      fields[LogKey.reason] = "\(error)"
      logger.warning("the lease's session broke; the rounds go on", metadata: fields)
    case .regained(let time):
      fields["after_ms"] = "\(time.milliseconds)"
      logger.notice("the lease is held again", metadata: fields)
    case .lost(let holder):
      fields.merge(metadata(holder)) { $1 }
      fields[LogKey.remedy] = "start it again, and it waits for its turn"
      logger.error(
        "another worker has taken this part of the game; this one ends", metadata: fields)
    }
  }

  /// A stop came while the worker waited.
  func writeStop() {
    logger.notice("stopped before its turn came", metadata: ["shard": "\(shard)"])
  }

  private func writeWait(_ holder: LeaseHolder) {
    var fields = metadata(holder)
    fields["shard"] = "\(shard)"
    guard holder.shard.count != shard.count else {
      return logger.notice(
        "waiting: another worker plays this part of the game", metadata: fields)
    }
    fields[LogKey.remedy] = "stop it, or use the same number of shards"
    logger.warning(
      "waiting: another worker runs this game as \(holder.shard)", metadata: fields)
  }

  private func metadata(_ holder: LeaseHolder) -> Logger.Metadata {
    var fields: Logger.Metadata = [
      "holder": "\(holder.applicationName)", "holder_pid": "\(holder.processID)",
    ]
    fields["holder_address"] = holder.clientAddress.map { "\($0)" }
    fields["holder_since"] = holder.since.map { "\($0.iso8601)" }
    return fields
  }
}
