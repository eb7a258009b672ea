/// A place in a segment that could not be read; what lies around it has been kept.
public struct SpoolDamage: Hashable, Sendable, CustomStringConvertible {
  /// What is wrong there.
  public enum Kind: String, Hashable, Sendable {
    /// The file's own header; its first record tells the same.
    case fileHeader = "the file's header is damaged"
    /// No record begins there.
    case noise = "no record"
    /// The file ends in the middle of a record.
    case truncated = "a record is cut off by the file's end"
    /// A record's bytes don't fit its checksum.
    case checksum = "a record doesn't fit its checksum"
    /// A record is as it was written, and makes no sense.
    case malformed = "a record makes no sense"
  }

  /// The file's name.
  public let fileName: String
  /// The first byte that could not be read.
  public let offset: Int
  /// The number of bytes to the next good record or the file's end.
  public let byteCount: Int
  /// What is wrong there.
  public let kind: Kind
  /// Whether nothing good follows: what a crash in the middle of a write leaves behind.
  public let isTail: Bool

  /// `20261122_….round: byte 4711: no record (12 bytes)`.
  public var description: String {
    "\(fileName): byte \(offset): \(kind.rawValue) (\(byteCount) bytes)"
  }
}
