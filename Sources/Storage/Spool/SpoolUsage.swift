import Competition

/// What the spool holds, and what has gone wrong with it since it was opened.
struct SpoolUsage: Hashable {
  /// The bytes of all segments, damaged and foreign ones too.
  var bytes = 0
  /// The most that they may take.
  var bytesMax = 0
  /// Rounds that are not stored yet.
  var rounds = 0
  /// When the oldest of them was asked.
  var oldestPerformedAt: UTCTime?
  /// Places that could not be read in segments that otherwise could.
  var damagedRecords = 0
  /// Segments whose round could not be read; they are kept as `*.damaged`.
  var damagedFiles = 0
  /// Files of other versions and competitions, which are left alone.
  var refusedFiles = 0
  /// Times that the system refused to force something to the disk.
  var syncFailures = 0
  /// The last of those refusals.
  var lastSyncFailure: String?
  /// Stored segments that the system refused to remove.
  var removalFailures = 0
}
