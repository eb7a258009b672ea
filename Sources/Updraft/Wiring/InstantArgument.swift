import ArgumentParser
import Competition

/// A point in time as operators write it: `2026-11-22`, `2026-11-22T11:00`, with a zone or in UTC.
struct InstantArgument: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
  let time: UTCTime

  init(_ time: UTCTime) { self.time = time }

  init?(argument: String) {
    guard let time = UTCTime(iso8601: argument) else { return nil }
    self.time = time
  }

  var description: String { time.iso8601 }
  var defaultValueDescription: String { description }
}
