/// Finds the word, string or bracket for which simdjson refused a text.
///
/// simdjson tells that a text is bad but not where. This reads the text token by token, only after
/// a refusal, to name the place, and to tell flaws that PostgreSQL's `json` refuses too from those
/// that it takes (lone surrogates, numbers out of range). It judges no grammar: a text whose tokens
/// are all good has its flaw in the order of the tokens.
struct JSONFlawFinder {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// The first flaw that PostgreSQL may take; told only if there is no other.
  private var softFlaw: JSONFlaw?
  /// The open brackets and where they are; not kept up beyond `bracketsMax`.
  private var brackets: [(byte: UInt8, offset: Int)] = []
  private var bracketsAreKept = true

  /// Brackets remembered: four times simdjson's own depth limit, so 64 KB.
  private static let bracketsMax = 4096

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The first flaw that every JSON reader refuses, or else the first that PostgreSQL may take;
  /// nil when each token is good by itself.
  static func find(in bytes: UnsafeRawBufferPointer) -> JSONFlaw? {
    if let flaw = firstInvalidUTF8(in: bytes) { return flaw }
    var finder = JSONFlawFinder(bytes: bytes)
    while finder.position < bytes.count {
      if let flaw = finder.readToken() { return flaw }
    }
    return finder.softFlaw ?? finder.unclosedBracket()
  }

  private static func firstInvalidUTF8(in bytes: UnsafeRawBufferPointer) -> JSONFlaw? {
    // The library's check is far faster than its parser, and most flaws are others.
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .emptyInput: return nil
      case .error:
        let byte = String(bytes[offset], radix: 16)
        return JSONFlaw(
          .invalidUTF8, at: offset, "the byte 0x\(byte) at byte \(offset) is not valid UTF-8")
      }
    }
  }

  private mutating func readToken() -> JSONFlaw? {
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"),
      UInt8(ascii: ","), UInt8(ascii: ":"):
      position += 1
      return nil
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      open(byte)
      return nil
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      return close(byte)
    case UInt8(ascii: "\""):
      return readString()
    default:
      return readWord()
    }
  }

  // MARK: Brackets

  private mutating func open(_ byte: UInt8) {
    if brackets.count == Self.bracketsMax { bracketsAreKept = false }
    if bracketsAreKept { brackets.append((byte, position)) }
    position += 1
  }

  private mutating func close(_ byte: UInt8) -> JSONFlaw? {
    defer { position += 1 }
    guard bracketsAreKept else { return nil }
    let opening = UInt8(ascii: byte == UInt8(ascii: "]") ? "[" : "{")
    if brackets.popLast()?.byte == opening { return nil }
    return JSONFlaw(
      .malformed, at: position,
      "'\(Unicode.Scalar(byte))' at byte \(position) closes no bracket of its kind")
  }

  private func unclosedBracket() -> JSONFlaw? {
    guard bracketsAreKept, let last = brackets.last else { return nil }
    return JSONFlaw(
      .malformed, at: last.offset,
      "the text ends before the '\(Unicode.Scalar(last.byte))' of byte \(last.offset) is closed")
  }

  // MARK: Strings

  private mutating func readString() -> JSONFlaw? {
    let start = position
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return nil
      case UInt8(ascii: "\\"):
        if let flaw = readEscape() { return flaw }
      case 0..<0x20:
        return JSONFlaw(
          .malformed, at: position,
          "the control character 0x\(String(byte, radix: 16)) at byte \(position) must be escaped")
      default:
        position += 1
      }
    }
    return JSONFlaw(
      .malformed, at: start, "the text ends before the string of byte \(start) is closed")
  }

  private mutating func readEscape() -> JSONFlaw? {
    let start = position
    guard start + 1 < bytes.count else {
      position = bytes.count
      return nil
    }
    switch bytes[start + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position = start + 2
      return nil
    case UInt8(ascii: "u"):
      return readUnicodeEscape(at: start)
    default:
      return badEscape(at: start, length: 2)
    }
  }

  private mutating func readUnicodeEscape(at start: Int) -> JSONFlaw? {
    guard let unit = codeUnit(at: start) else { return badEscape(at: start, length: 6) }
    position = start + 6
    let isHigh = (0xD800..<0xDC00).contains(unit)
    if isHigh, let next = codeUnit(at: position), (0xDC00..<0xE000).contains(next) {
      position += 6
    } else if isHigh || (0xDC00..<0xE000).contains(unit) {
      let digits = String(unit, radix: 16)
      keep(
        .loneSurrogate, at: start,
        "the escape \\u\(digits) at byte \(start) is half a character")
    }
    return nil
  }

  /// The code unit of the `\uXXXX` that starts at `offset`; nil when there is none.
  private func codeUnit(at offset: Int) -> UInt32? {
    guard offset + 6 <= bytes.count, bytes[offset] == UInt8(ascii: "\\"),
      bytes[offset + 1] == UInt8(ascii: "u")
    else { return nil }
    var unit: UInt32 = 0
    for byte in bytes[offset + 2..<offset + 6] {
      guard let digit = Self.hexDigit(byte) else { return nil }
      unit = unit << 4 | digit
    }
    return unit
  }

  private static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  private func badEscape(at start: Int, length: Int) -> JSONFlaw {
    let excerpt = ByteExcerpt.quote(bytes, start..<min(start + length, bytes.count))
    return JSONFlaw(
      .malformed, at: start, "the escape \(excerpt) at byte \(start) is not JSON")
  }

  // MARK: Words and numbers

  private mutating func readWord() -> JSONFlaw? {
    let start = position
    while position < bytes.count, !Self.endsWord(bytes[position]) { position += 1 }
    let word = String(
      decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    if word == "true" || word == "false" || word == "null" { return nil }
    if let number = JSONNumberText(word) {
      if !number.isRepresentable, softFlaw == nil {
        let excerpt = ByteExcerpt.quote(bytes, start..<position)
        keep(
          .numberOutOfRange, at: start,
          "the number \(excerpt) at byte \(start) is too large for 64 bits or a double")
      }
      return nil
    }
    if Self.nonFiniteWords.contains(word.lowercased()) {
      return JSONFlaw(.nonFiniteNumber, at: start, "\(word) at byte \(start) is not JSON")
    }
    let excerpt = ByteExcerpt.quote(bytes, start..<position)
    return JSONFlaw(.malformed, at: start, "\(excerpt) at byte \(start) is not JSON")
  }

  private static let nonFiniteWords: Set<String> = [
    "nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity",
  ]

  /// Whether a word ends before this byte. A quote does not end it: none may stand there.
  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"),
      UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "{"), UInt8(ascii: "}"):
      true
    default: false
    }
  }

  private mutating func keep(
    _ code: JSONFlaw.Code, at offset: Int, _ text: @autoclosure () -> String
  ) {
    if softFlaw == nil { softFlaw = JSONFlaw(code, at: offset, text()) }
  }
}
