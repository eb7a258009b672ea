/// Rows of words as columns for people.
enum TextColumns {
  /// One line for each of `rows`, which have as many words each; a column is as wide as its longest
  /// word, two blanks from the next one.
  static func lines(_ rows: [[String]]) -> [String] {
    guard let first = rows.first else { return [] }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).enumerated().map { index, cell in
        let blanks = index == row.count - 1 ? 0 : cell.1 - cell.0.count
        return cell.0 + String(repeating: " ", count: blanks)
      }.joined(separator: "  ")
    }
  }
}
