import ArgumentParser
import Competition

/// A point in time as operators write it: `2026-11-22`, `2026-11-22T11:00`, with a zone or in UTC.
struct InstantArgument: Hashable, Sendable, ExpressibleByArgument {
  let time: UTCTime

  init?(argument: String) {
    guard let time = UTCTime(iso8601: argument) else { return nil }
    self.time = time
  }
}
