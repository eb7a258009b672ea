public import Competition
import Glibc

/// The file of one round in the spool's folder.
///
/// Its name sorts by time: `20261122_110154.820_condorgame_1-3.round`. What the name says of the
/// competition is for people; the file itself says it exactly.
public struct SegmentFile: Hashable, Sendable {
  /// How a segment's name ends.
  public static let suffix = ".round"
  /// How the name of a segment ends that can't be read; it is kept for people to look at.
  public static let damagedSuffix = ".damaged"
  /// How the name of a segment ends whose round header is still being written.
  static let newSuffix = ".new"

  /// The spool's folder.
  public let directory: String
  /// The name in it.
  public let name: String
  /// When the round was asked, whole milliseconds.
  public let performedAt: UTCTime

  /// The file's path.
  public var path: String { "\(directory)/\(name)" }

  /// The file of a round.
  init(directory: String, performedAt: UTCTime, crunchID: String, shard: Shard) {
    let crunch = String(crunchID.utf8.prefix(Self.crunchBytesMax).map(Self.nameCharacter))
    self.directory = directory
    self.performedAt = performedAt.truncatedToMilliseconds
    name =
      "\(performedAt.compactMilliseconds)_\(crunch)_\(shard.index)-\(shard.count)\(Self.suffix)"
  }

  /// The file of that name; nil when it is not named like a segment.
  init?(directory: String, name: String) {
    guard name.hasSuffix(Self.suffix), let time = Self.time(of: name) else { return nil }
    self.directory = directory
    self.name = name
    performedAt = time
  }

  /// A competition's name is cut in a file's name, which may have 255 bytes.
  private static let crunchBytesMax = 64

  /// Nothing but letters, digits and dashes: no folder, no hidden file, no escape sequence.
  private static func nameCharacter(_ byte: UInt8) -> Character {
    let scalar = Unicode.Scalar(byte)
    let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
    return isPlain ? Character(scalar) : "-"
  }

  /// Reads `20261122_110154.820` and what must follow it.
  private static func time(of name: String) -> UTCTime? {
    let text = Array(name.utf8)
    guard text.count > 20, text[8] == UInt8(ascii: "_"), text[15] == UInt8(ascii: "."),
      text[19] == UInt8(ascii: "_")
    else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
    return UTCTime(
      iso8601: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):"
        + "\(part(13..<15)).\(part(16..<19))")
  }
}
