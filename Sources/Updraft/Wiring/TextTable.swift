/// Columns of text, as wide as their widest cell, for people.
struct TextTable {
  /// On which side a column is filled up.
  enum Alignment {
    case left
    case right
  }

  private let titles: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// A table with a title line; every row has as many cells as there are columns.
  init(_ columns: [(title: String, alignment: Alignment)]) {
    titles = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  /// Adds a row.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The lines without newlines: the titles, then the rows.
  var lines: [String] {
    let widths = titles.indices.map { column in
      ([titles] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([titles] + rows).map { cells in
      let line = cells.indices.map { column in
        let cell = cells[column]
        let fill = String(repeating: " ", count: widths[column] - cell.count)
        return alignments[column] == .left ? cell + fill : fill + cell
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
