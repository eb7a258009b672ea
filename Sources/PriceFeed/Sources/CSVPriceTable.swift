import Competition

/// Collects the lines of a price file, and what is wrong with them.
struct CSVPriceTable {
  /// Bad lines that an error lists; the rest are counted.
  static let listedProblemsMax = 5

  private let path: String
  private var columns: (asset: Int, timestamp: Int, price: Int)?
  private var raw: [String: [PricePoint]] = [:]
  private var pointCount = 0
  private var problems: [String] = []
  private var problemCount = 0

  init(path: String) { self.path = path }

  /// Takes one line without its end; false when there is no sense in reading on.
  mutating func lineArrived(_ line: String, number: Int) -> Bool {
    if line.allSatisfy(\.isWhitespace) { return true }
    let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(Self.unquoted)
    guard let columns else { return headerArrived(fields, number: number) }
    let needed = max(columns.asset, columns.timestamp, columns.price) + 1
    guard fields.count >= needed else {
      addProblem("line \(number): \(fields.count) columns, at least \(needed) are needed")
      return true
    }
    let asset = fields[columns.asset]
    guard !asset.isEmpty else {
      addProblem("line \(number): the asset is empty")
      return true
    }
    guard let seconds = Self.seconds(fields[columns.timestamp]) else {
      addProblem(
        "line \(number): timestamp \"\(fields[columns.timestamp].prefix(40))\" is neither Unix "
          + "seconds nor ISO 8601")
      return true
    }
    guard let price = Double(fields[columns.price]), PricePoint.isPlausible(price) else {
      addProblem(
        "line \(number): price \"\(fields[columns.price].prefix(40))\" is not a number above 0")
      return true
    }
    raw[asset, default: []].append(PricePoint(timestampSeconds: seconds, price: price))
    pointCount += 1
    return true
  }

  /// The points of each asset in order of time.
  func finish() throws(PriceError) -> (points: [String: [PricePoint]], dropped: DroppedPoints) {
    guard problemCount == 0 else {
      let more = problemCount - problems.count
      throw malformed(problems.joined(separator: "; ") + (more > 0 ? "; and \(more) more" : ""))
    }
    guard columns != nil else { throw malformed("the file is empty") }
    guard pointCount > 0 else { throw malformed("there is no price below the header") }
    var dropped = DroppedPoints()
    let points = raw.mapValues { points in
      let batch = PriceBatch(raw: points, latest: .max)
      dropped += batch.dropped
      return batch.points
    }
    return (points, dropped)
  }

  private mutating func headerArrived(_ fields: [String], number: Int) -> Bool {
    let names = fields.map { $0.lowercased() }
    guard let asset = names.firstIndex(of: "asset"),
      let timestamp = names.firstIndex(of: "timestamp"),
      let price = names.firstIndex(of: "price")
    else {
      let found = fields.joined(separator: ",").prefix(80)
      addProblem(
        "line \(number): the header must name asset, timestamp and price, got \"\(found)\"")
      return false
    }
    columns = (asset, timestamp, price)
    return true
  }

  private mutating func addProblem(_ text: String) {
    problemCount += 1
    if problems.count < Self.listedProblemsMax { problems.append(text) }
  }

  private func malformed(_ detail: String) -> PriceError {
    PriceError(
      .malformed, subject: path, detail: detail,
      advice: "the file needs a header asset,timestamp,price and one price on a line")
  }

  private static func seconds(_ text: String) -> Int64? {
    if let seconds = Int64(text) { return seconds >= 0 && seconds < 1 << 40 ? seconds : nil }
    guard let time = UTCTime(iso8601: text), time.microsecondsSinceEpoch >= 0 else { return nil }
    return time.secondsSinceEpoch
  }

  /// The field without surrounding blanks and without the quotes that some programs put.
  private static func unquoted(_ field: Substring) -> String {
    var field = field
    while field.first?.isWhitespace == true { field.removeFirst() }
    while field.last?.isWhitespace == true { field.removeLast() }
    if field.count >= 2, field.first == "\"", field.last == "\"" {
      field = field.dropFirst().dropLast()
    }
    return String(field)
  }
}
