import ArgumentParser
import Competition

/// A whole number of days, at least 1: how long something is valid.
struct ValidDays: ExpressibleByArgument {
  let count: Int64

  init?(argument: String) {
    guard let count = Int64(argument), (1...36_500).contains(count) else { return nil }
    self.count = count
  }

  init(_ count: Int64) { self.count = count }

  var defaultValueDescription: String { "\(count)" }

  /// The first and the last second; the first a minute ago, since clocks differ.
  func span(from now: UTCTime) -> (first: Int64, last: Int64) {
    (now.secondsSinceEpoch - 60, now.secondsSinceEpoch + count * 86_400)
  }
}
