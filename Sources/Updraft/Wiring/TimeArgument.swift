import ArgumentParser
import Competition

/// A time span as operators write it: `60`, `1.5`, `200ms`, `5m`.
struct TimeArgument: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = Duration(text: argument) else { return nil }
    self.duration = duration
  }

  var description: String { duration.text }
  var defaultValueDescription: String { description }
}
