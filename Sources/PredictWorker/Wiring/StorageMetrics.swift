import Competition
import Storage
import Telemetry

/// What storage says of itself, as metric families.
enum StorageMetrics {
  private static let prefix = "updraft_storage_"

  /// The queue, the spool, the database, and what has been done.
  static func families(
    of storage: RoundWriterStatistics, at now: MonotonicInstant
  ) -> [MetricFamily] {
    gauges(storage) + counters(storage) + times(storage, at: now)
  }

  private static func gauges(_ storage: RoundWriterStatistics) -> [MetricFamily] {
    [
      (
        "connected", "1 when the last contact with the database went well.",
        storage.isConnected ? 1 : 0
      ),
      (
        "degraded", "1 while rounds can't be stored, or the spool takes nothing.",
        storage.isDegraded ? 1 : 0
      ),
      ("queued_rounds", "Rounds that are open, wait or are being stored.", storage.queuedRounds),
      ("queued_bytes", "Bytes of those rounds in memory.", storage.queuedBytes),
      ("spool_rounds", "Rounds in the spool.", storage.spoolRounds),
      ("spool_bytes", "Bytes of the spool's files.", storage.spoolBytes),
      ("replaying_rounds", "Rounds of earlier runs that still wait.", storage.replayingRounds),
    ].map { name, help, value in MetricFamily(.gauge, prefix + name, help, value: value) }
  }

  private static func counters(_ storage: RoundWriterStatistics) -> [MetricFamily] {
    [
      ("stored_rounds_total", "Rounds committed.", storage.storedRounds),
      ("stored_rows_total", "Rows committed.", storage.storedRows),
      ("replayed_rounds_total", "Rounds of earlier runs committed.", storage.replayedRounds),
      ("refused_rounds_total", "Rounds left out for want of room.", storage.refusedRounds),
      ("refused_answers_total", "Answers that storage turned into FAILED.", storage.refusedAnswers),
      ("dropped_rows_total", "Rows that the database refused in every form.", storage.droppedRows),
      ("rejected_rows_total", "Those of them that are in the reject file.", storage.rejectedRows),
      (
        "damaged_records_total", "Parts of the spool that could not be read.",
        storage.damagedRecords
      ),
      (
        "unreadable_rounds_total", "Rounds of the spool that could not be read.",
        storage.unreadableRounds
      ),
      ("failed_tries_total", "Tries to store a round that failed.", storage.failedTries),
      ("connections_total", "Sessions opened.", storage.connections),
      ("pruned_rounds_total", "Old rows of updraft_rounds deleted.", storage.prunedRounds),
    ].map { name, help, value in MetricFamily(.counter, prefix + name, help, value: value) }
  }

  private static func times(
    _ storage: RoundWriterStatistics, at now: MonotonicInstant
  ) -> [MetricFamily] {
    var families = [
      MetricFamily(
        .gauge, prefix + "oldest_waiting_seconds",
        "Time since the end of the round that is stored next, 0 when none waits.",
        value: storage.oldestWaitingAge?.inSeconds ?? 0),
      MetricFamily(
        .counter, prefix + "cpu_seconds_total", "CPU time of the storage thread.",
        value: storage.threadCPUTime.inSeconds),
    ]
    if let lastErrorAt = storage.lastErrorAt {
      families.append(
        MetricFamily(
          .gauge, prefix + "last_error_age_seconds", "Time since the database's last failure.",
          value: now.since(lastErrorAt).inSeconds))
    }
    return families
  }
}
