/// Why a text is not accepted as JSON.
public struct JSONFlaw: Sendable, Hashable, CustomStringConvertible {
  /// The kind of a flaw.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A character, a word or the punctuation is not JSON.
    case malformed
    /// `NaN`, `Infinity` or `-Infinity`, as Python's `json.dumps` writes them.
    case nonFiniteNumber
    /// The bytes are not UTF-8.
    case invalidUTF8
    /// Nested deeper than the limit.
    case tooDeep
    /// Longer than the limit.
    case tooLarge
    /// No byte, or nothing but white space.
    case empty
    /// A `\u` escape of half a surrogate pair. PostgreSQL's `json` takes it.
    case loneSurrogate
    /// A number that fits neither 64 bits nor a double. PostgreSQL's `json` takes it.
    case numberOutOfRange
    /// Good JSON, but not the list of objects that was expected.
    case wrongShape
    /// simdjson could not do its work (out of memory); the text may be good.
    case checkerFailed
  }

  /// The kind of the flaw.
  public let code: Code
  /// Where the flaw is, in bytes from the start; nil when that is not known.
  public let byteOffset: Int?
  /// simdjson's error code; 0 when simdjson was not asked or had no objection.
  public let libraryCode: Int32
  /// The cause for people: `NaN at byte 17 is not JSON`.
  public let text: String

  /// Whether PostgreSQL's `json` may take the text although simdjson refuses it, so that
  /// `$1::json` has to be asked before the answer is called FAILED. False means: it refuses too, or
  /// a limit of ours forbids the text.
  public var mayBeAcceptedByPostgreSQL: Bool {
    switch code {
    case .loneSurrogate, .numberOutOfRange, .checkerFailed: true
    case .malformed, .nonFiniteNumber, .invalidUTF8, .tooDeep, .tooLarge, .empty, .wrongShape:
      false
    }
  }

  /// The cause for people.
  public var description: String { text }

  init(_ code: Code, at byteOffset: Int? = nil, libraryCode: Int32 = 0, _ text: String) {
    self.code = code
    self.byteOffset = byteOffset
    self.libraryCode = libraryCode
    self.text = text
  }

  /// The same flaw with simdjson's error code.
  func with(libraryCode: Int32) -> JSONFlaw {
    JSONFlaw(code, at: byteOffset, libraryCode: libraryCode, text)
  }
}
