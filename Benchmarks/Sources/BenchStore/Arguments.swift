import Storage

/// What `bench-store` is told on its command line.
struct Arguments {
  /// The Python with SQLAlchemy and psycopg2; nil measures ours alone.
  var python: String?
  /// Measured runs of each way. Default 5, the fewest that give a median worth reading.
  var runs = 5
  /// When the spool is forced to the disk. Default `interval`, 200 ms.
  var fsync = SpoolOptions.Fsync.interval
  /// Predictions in a round.
  var rows = 1_000

  static let usage =
    "usage: bench-store [--python PYTHON] [--runs N] [--rows N] [--fsync always|interval|never]"

  /// Reads the words after the program's name; nil when they make no sense.
  init?(_ words: [String]) {
    var rest = words[...]
    while let flag = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch flag {
      case "--python": python = value
      case "--runs":
        guard let number = Int(value), number > 0 else { return nil }
        runs = number
      case "--rows":
        guard let number = Int(value), number > 0 else { return nil }
        rows = number
      case "--fsync":
        guard let mode = SpoolOptions.Fsync(rawValue: value) else { return nil }
        fsync = mode
      default: return nil
      }
    }
  }
}
