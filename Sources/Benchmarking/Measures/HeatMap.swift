/// Latency of each model over the rounds, as a picture has room for it.
///
/// Models are sorted by their median, the slowest last; neighbours share a row and rounds a column
/// when there are more than the picture has.
public struct HeatMap: Hashable, Sendable {
  /// One model's call in one round.
  public enum Cell: Hashable, Sendable {
    /// It answered after so many milliseconds.
    case answered(Double)
    /// It failed.
    case failed
    /// It ran into the deadline.
    case timeout
    /// It was not asked.
    case none
  }

  /// Rows and columns of the picture.
  public static let rowsMax = 100, columnsMax = 120

  /// The models of a row.
  public struct Row: Hashable, Sendable {
    /// The first one's id.
    public let first: String
    /// How many share the row.
    public let modelCount: Int
  }

  /// Shape: [rowCount].
  public let rows: [Row]
  /// Shape: [rowCount][columnCount].
  public let cells: [[Cell]]

  /// A map that was made before.
  init(rows: [Row], cells: [[Cell]]) {
    self.rows = rows
    self.cells = cells
  }

  /// Sorts and joins; nil without models or rounds.
  ///
  /// - Parameter rounds: what each model did, by its id, in each round. Shape: [roundCount].
  public init?(rounds: [[String: Cell]]) {
    var lines: [String: [Cell]] = [:]
    for (index, round) in rounds.enumerated() {
      for (model, cell) in round {
        lines[model, default: Array(repeating: .none, count: rounds.count)][index] = cell
      }
    }
    guard !lines.isEmpty else { return nil }
    let medians = lines.mapValues { RunSpread($0.compactMap(\.millis)).median }
    let order = lines.keys.sorted { left, right in
      // Models that never answered come last.
      let key = { (id: String) in medians[id].map { $0.isNaN ? .infinity : $0 } ?? .infinity }
      return (key(left), left) < (key(right), right)
    }
    let groups = Self.groups(of: order.count, atMost: Self.rowsMax).map { Array(order[$0]) }
    let columns = Self.groups(of: rounds.count, atMost: Self.columnsMax)
    rows = groups.map { Row(first: $0[0], modelCount: $0.count) }
    cells = groups.map { group in
      columns.map { column in
        Self.joined(group.flatMap { model in lines[model].map { Array($0[column]) } ?? [] })
      }
    }
  }

  /// Bad ends are what the picture is looked at for: they win over the median of the answers when
  /// they are at least half.
  private static func joined(_ cells: [Cell]) -> Cell {
    let asked = cells.filter { $0 != .none }
    guard !asked.isEmpty else { return .none }
    for bad in [Cell.timeout, .failed] {
      if asked.count(where: { $0 == bad }) * 2 >= asked.count { return bad }
    }
    let answers = asked.compactMap(\.millis)
    return answers.isEmpty ? .timeout : .answered(RunSpread(answers).median)
  }

  private static func groups(of count: Int, atMost most: Int) -> [Range<Int>] {
    let size = max(1, (count + most - 1) / most)
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}

extension HeatMap.Cell {
  /// The time of an answer; nil for a bad end.
  public var millis: Double? {
    guard case .answered(let millis) = self else { return nil }
    return millis
  }

  /// As a page reads it: milliseconds, or −1 failed, −2 timeout, −3 not asked.
  var number: Double {
    switch self {
    case .answered(let millis): (millis * 1_000).rounded() / 1_000
    case .failed: -1
    case .timeout: -2
    case .none: -3
    }
  }

  init(number: Double) {
    self =
      switch number {
      case -1: .failed
      case -2: .timeout
      case -3: .none
      default: .answered(number)
      }
  }
}
