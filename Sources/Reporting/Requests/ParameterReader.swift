import Competition

/// Reads a request's parameters one after another and keeps what is wrong with them.
struct ParameterReader {
  /// More ids than this are refused, as many as a game has models at most.
  static let idsMax = 5_000
  /// The most rows that one answer has.
  static let rowsMax = 100_000

  private let query: QueryText
  private var flaws: [ValidationFlaw] = []

  init(_ query: QueryText) { self.query = query }

  /// The ids, in either form: `a=1&a=2` or `a=1,2`. Shape: [idCount], at most `idsMax`.
  mutating func ids(_ name: String = "projectIds") -> [String] {
    let given = query.all(name)
    guard !given.isEmpty else {
      flaws.append(.missing(name))
      return []
    }
    let ids = given.flatMap { $0.split(separator: ",").map(String.init) }
    if ids.count > Self.idsMax {
      flaws.append(.tooMany(name, count: ids.count, max: Self.idsMax))
    } else if given.contains(where: { $0.utf8.contains(0) }) {
      flaws.append(.nul(name))
    }
    return ids
  }

  /// A time that must be given.
  mutating func time(_ name: String) -> UTCTime {
    let nothing = UTCTime(secondsSinceEpoch: 0)
    guard let text = query.last(name) else {
      flaws.append(.missing(name))
      return nothing
    }
    switch TimeParameter.read(text) {
    case .success(let time): return time
    case .failure(let flaw):
      flaws.append(.time(name, text, flaw.reason))
      return nothing
    }
  }

  /// A count that may be left out.
  mutating func count(_ name: String, default preset: Int, in range: ClosedRange<Int>) -> Int {
    guard let text = query.last(name) else { return preset }
    // As Python's int() does, with spaces around the digits.
    let digits = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
    guard let number = Int(String(digits)) else {
      flaws.append(.number(name, text))
      return preset
    }
    if number < range.lowerBound { flaws.append(.tooSmall(name, text, min: range.lowerBound)) }
    if number > range.upperBound { flaws.append(.tooLarge(name, text, max: range.upperBound)) }
    return number
  }

  /// `limit` and `offset`.
  mutating func page(limit preset: Int = rowsMax, max: Int = rowsMax) -> Page {
    Page(
      limit: count("limit", default: preset, in: 0...max),
      offset: count("offset", default: 0, in: 0...Int(Int32.max)),
      isWhole: query.last("limit") == nil)
  }

  /// A truth value in one of pydantic's spellings.
  mutating func flag(_ name: String) -> Bool {
    guard let text = query.last(name) else { return false }
    switch text.lowercased() {
    case "true", "1", "yes", "y", "on", "t": return true
    case "false", "0", "no", "n", "off", "f": return false
    default:
      flaws.append(.truth(name, text))
      return false
    }
  }

  /// Refuses more than one id, in Condor's words.
  func refuseSeveralIDs(_ name: String = "projectIds") throws(ReportFailure) {
    let given = query.all(name)
    guard given.count > 1 || given.contains(where: { $0.split(separator: ",").count > 1 }) else {
      return
    }
    throw ReportFailure(
      400,
      "Service is available only for one model at a time. Please provide a single model_id.")
  }

  /// Refuses the request when a parameter was wrong.
  func finish() throws(ReportFailure) {
    if !flaws.isEmpty { throw ReportFailure(flaws) }
  }
}

/// Which rows of an answer are wanted.
struct Page: Hashable, Sendable {
  /// At most that many rows.
  let limit: Int
  /// How many rows are left out at the beginning.
  let offset: Int
  /// Whether the caller wants all rows there are.
  let isWhole: Bool
}
