/// A command line in one text: words separated by blanks, `'…'` and `"…"` keep blanks.
///
/// There is no shell: no variables, no wildcards, no backslashes.
enum CommandText {
  /// The words; nil when a quote isn't closed.
  static func words(_ text: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let finished = word { words.append(finished) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let last = word { words.append(last) }
    return quote == nil ? words : nil
  }
}
