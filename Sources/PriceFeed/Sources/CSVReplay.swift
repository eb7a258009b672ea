public import Competition

/// How the times of a recorded file relate to the times at which it is replayed.
public enum CSVReplay: Hashable, Sendable {
  /// A point becomes visible at its own time; a file of the past is visible at once.
  case asRecorded
  /// The whole file is moved so that its earliest point lies at this time, in whole seconds.
  ///
  /// With the present it replays from its start; with an earlier time it has that much history.
  case startingAt(UTCTime)
}
