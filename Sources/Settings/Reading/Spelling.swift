/// Finds the name that somebody most likely meant.
enum Spelling {
  /// The known name with the fewest single-letter edits, if at most a third of the letters differ.
  static func nearest(to name: String, among known: [String]) -> String? {
    let ranked = known.map { (name: $0, edits: editCount(name, $0)) }
    guard let best = ranked.min(by: { $0.edits < $1.edits }) else { return nil }
    return best.edits <= max(1, name.count / 3) ? best.name : nil
  }

  /// The Levenshtein distance, one row at a time; names longer than 64 letters are cut.
  private static func editCount(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8.prefix(64))
    let right = Array(right.utf8.prefix(64))
    var row = Array(0...right.count)
    for (lineIndex, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = lineIndex + 1
      for (index, other) in right.enumerated() {
        let kept = diagonal + (letter == other ? 0 : 1)
        diagonal = row[index + 1]
        row[index + 1] = min(kept, diagonal + 1, row[index] + 1)
      }
    }
    return row[right.count]
  }
}
