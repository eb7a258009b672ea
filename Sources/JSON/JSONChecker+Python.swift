extension JSONChecker {
  /// Checks a text as Python's `json.loads` would: `NaN`, `Infinity`, `-Infinity`, halves of
  /// surrogate pairs and numbers of any size are taken, everything else must be right.
  ///
  /// A text that is plain JSON costs one check; the others are copied with a stand-in for each such
  /// word and checked again.
  public func checkLikePython(_ bytes: UnsafeRawBufferPointer) -> JSONVerdict {
    let verdict = check(bytes)
    switch verdict.flaw?.code {
    case .nonFiniteNumber, .loneSurrogate, .numberOutOfRange:
      return PythonJSONText.standIns(for: bytes).withUnsafeBytes { check($0) }
    default: return verdict
    }
  }
}

/// What Python's `json.loads` takes beyond JSON.
private enum PythonJSONText {
  /// Integers with more digits are refused by Python's `int`.
  private static let integerDigitsMax = 4_300

  /// A copy of the same length in which plain JSON stands for each word that only Python takes.
  static func standIns(for bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var copy = Array(bytes)
    var position = 0
    while position < copy.count {
      switch copy[position] {
      case UInt8(ascii: "\""): position = replaceSurrogates(in: &copy, from: position + 1)
      case let byte where endsWord(byte): position += 1
      default: position = replaceWord(in: &copy, from: position)
      }
    }
    return copy
  }

  /// Makes each half of a surrogate pair a space; returns the place behind the string.
  private static func replaceSurrogates(in copy: inout [UInt8], from start: Int) -> Int {
    var position = start
    while position < copy.count, copy[position] != UInt8(ascii: "\"") {
      guard copy[position] == UInt8(ascii: "\\") else {
        position += 1
        continue
      }
      if isSurrogate(copy, at: position) {
        copy.replaceSubrange(position + 2..<position + 6, with: space)
      }
      position += 2
    }
    return position + 1
  }

  /// Whether the escape at `start` is `\uD800` to `\uDFFF`.
  private static func isSurrogate(_ copy: [UInt8], at start: Int) -> Bool {
    guard start + 6 <= copy.count, copy[start + 1] == UInt8(ascii: "u"),
      copy[start + 2] | 0x20 == UInt8(ascii: "d"),
      "89abAB".utf8.contains(copy[start + 3])
        || "cdefCDEF".utf8.contains(copy[start + 3])
    else { return false }
    return copy[start + 4..<start + 6].allSatisfy { isHexDigit($0) }
  }

  /// Makes a number that only Python takes a 0; returns the place behind the word.
  private static func replaceWord(in copy: inout [UInt8], from start: Int) -> Int {
    var end = start
    while end < copy.count, !endsWord(copy[end]), copy[end] != UInt8(ascii: "\"") { end += 1 }
    let word = String(decoding: copy[start..<end], as: UTF8.self)
    if isPythonOnly(word) {
      copy[start] = UInt8(ascii: "0")
      for index in start + 1..<end { copy[index] = UInt8(ascii: " ") }
    }
    return end
  }

  private static func isPythonOnly(_ word: String) -> Bool {
    if word == "NaN" || word == "Infinity" || word == "-Infinity" { return true }
    guard let number = JSONNumberText(word), !number.isRepresentable else { return false }
    return word.utf8.count <= integerDigitsMax || word.utf8.contains { ".eE".utf8.contains($0) }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    " \t\n\r,:[]{}".utf8.contains(byte)
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    "0123456789abcdefABCDEF".utf8.contains(byte)
  }

  private static let space = Array("0020".utf8)
}
