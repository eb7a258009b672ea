/// The start of a text from outside, for an error: enough to recognise it, never a page.
enum Excerpt {
  /// The most characters that are shown; wallets and hotkeys have at most 44.
  static let charactersMax = 64

  /// `"text"`, cut off with `…`; `nothing` when there is none.
  static func of(_ text: String?) -> String {
    guard let text, !text.isEmpty else { return "nothing" }
    let start = text.prefix(charactersMax)
    return start.count < text.count ? "\"\(start)…\"" : "\"\(start)\""
  }
}
