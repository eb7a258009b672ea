import Cryptography

/// A secret that both sides know and that shows who calls: `Authorization: Bearer TOKEN`.
///
/// Clients that can only give a name and a password (`ws://NAME:TOKEN@HOST`) show it as the
/// password of `Authorization: Basic …`; the name doesn't matter.
public struct BearerToken: Hashable, Sendable, CustomStringConvertible {
  /// The shortest token, characters: 16 of base64 can't be guessed.
  public static let charactersMin = 16
  /// The longest token, characters; with the scheme far below what an HTTP head may hold.
  public static let charactersMax = 512

  private let text: String

  /// Takes a token's text.
  ///
  /// - Throws: `KeyError` with `.badFormat` for a text that is too short, too long or has other
  ///   characters than `A-Z a-z 0-9 - . _ ~ + / =` (RFC 6750, section 2.1).
  public init(_ text: String) throws(KeyError) { try self.init(text, "reading a token") }

  /// Reads the file of a token: one line, for its owner only (mode 0600).
  ///
  /// - Throws: `KeyError`: `missingFile`, `exposedFile`, `badFormat`, `tooLarge`, `systemRefused`.
  public init(file path: String) throws(KeyError) {
    let text = String(decoding: try KeyFile.read(path, .secret), as: UTF8.self)
    let end = text.lastIndex { !$0.isNewline }.map { text.index(after: $0) } ?? text.startIndex
    try self.init(String(text[..<end]), "reading \(path)")
  }

  private init(_ text: String, _ doing: String) throws(KeyError) {
    guard (Self.charactersMin...Self.charactersMax).contains(text.utf8.count),
      text.utf8.allSatisfy(Self.isAllowed)
    else {
      throw KeyError(
        .badFormat, doing,
        "a token is one line of \(Self.charactersMin) to \(Self.charactersMax) letters, digits and"
          + " -._~+/=; make one with `openssl rand -hex 32`")
    }
    self.text = text
  }

  /// The value of the `Authorization` field that shows this token.
  public var authorization: String { "Bearer \(text)" }

  /// Whether the value of an `Authorization` field shows this token. How long the comparison takes
  /// tells nothing about where a wrong one differs.
  public func isShown(by authorization: String?) -> Bool {
    guard let authorization, let blank = authorization.firstIndex(of: " ") else { return false }
    let shown = authorization[blank...].drop { $0 == " " }
    switch authorization[..<blank].lowercased() {
    case "bearer": return isEqual(to: Array(shown.utf8))
    case "basic":
      guard let pair = try? Base64.decode(shown),
        let colon = pair.firstIndex(of: UInt8(ascii: ":"))
      else { return false }
      return isEqual(to: Array(pair[(colon + 1)...]))
    default: return false
    }
  }

  /// Never the secret: for messages that name the token by mistake.
  public var description: String { "a token" }

  private func isEqual(to other: [UInt8]) -> Bool {
    let own = Array(text.utf8)
    guard own.count == other.count else { return false }
    return zip(own, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "-._~+/=".utf8.contains(byte)
    }
  }
}
