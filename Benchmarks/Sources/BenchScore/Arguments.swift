/// What `bench-score` is told on its command line.
struct Arguments {
  /// What can be measured.
  enum Part: String, CaseIterable {
    /// One prediction, beside the Python packages.
    case formulas
    /// A backlog of predictions of 288 steps, from database to database.
    case database
    /// Windows and leaderboard of many stored scores.
    case windows
  }

  /// The Python with densitypdf and crunch-synth, for `formulas`.
  var python: String?
  /// `score-worker`, for `database` and `windows`.
  var worker: String?
  /// The parts, all by default.
  var parts = Part.allCases
  /// Measured runs of each kind, of which the median counts.
  var runs = 5
  /// The larger backlog of `database`, predictions; the smaller one is a tenth of it.
  var backlog = 20_000
  /// The scores of `windows`; a quarter and a half of them are measured, too.
  var stored = 1_000_000

  static let usage = """
    usage: bench-score [--part formulas|database|windows] [--python PYTHON] [--worker PATH]
                       [--runs N] [--backlog PREDICTIONS] [--stored PREDICTIONS]
    formulas needs --python, the other parts need --worker (score-worker of a release build).
    """

  /// Reads the words after the program's name; nil when they make no sense.
  init?(_ words: [String]) {
    var rest = words[...]
    while let flag = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      let number = Int(value).flatMap { $0 > 0 ? $0 : nil }
      switch (flag, number) {
      case ("--python", _): python = value
      case ("--worker", _): worker = value
      case ("--runs", let number?): runs = number
      case ("--backlog", let number?): backlog = number
      case ("--stored", let number?): stored = number
      case ("--part", _):
        guard let part = Part(rawValue: value) else { return nil }
        parts = [part]
      default: return nil
      }
    }
    if parts.contains(.formulas), python == nil { return nil }
    if parts != [.formulas], worker == nil { return nil }
  }
}
