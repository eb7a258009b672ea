import Glibc

/// Why something with the spool did not work, with what to do about it.
public struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure; new kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The kind's name in logs.
    public let rawValue: String

    /// Wraps a kind's name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Another process holds the folder; `holderPID` says which.
    public static let locked = Code(rawValue: "locked")
    /// `spool.bytes_max` is reached: what is there is kept, what is new is refused.
    public static let full = Code(rawValue: "full")
    /// The disk or the user's quota is full.
    public static let diskFull = Code(rawValue: "disk_full")
    /// The system refused a call; `errorNumber` says why.
    public static let io = Code(rawValue: "io")
    /// The file is gone: its round has been stored and removed meanwhile.
    public static let missing = Code(rawValue: "missing")
    /// A record would be longer than a record may be.
    public static let tooLarge = Code(rawValue: "too_large")
    /// There is a segment of that time already.
    public static let exists = Code(rawValue: "exists")
    /// What was read is not what was written.
    public static let damaged = Code(rawValue: "damaged")
    /// The file was written by another version of the format; it is left alone.
    public static let foreignVersion = Code(rawValue: "foreign_version")
    /// The file belongs to another competition; it is left alone.
    public static let foreignCrunch = Code(rawValue: "foreign_crunch")
    /// The file is not named like a segment; it is left alone.
    public static let foreignFile = Code(rawValue: "foreign_file")
  }

  /// The kind of failure.
  public let code: Code
  /// The system's `errno`, when a call failed.
  public let errorNumber: Int32?
  /// The process that holds the folder, when it is known.
  public let holderPID: Int32?
  /// What went wrong, one line.
  public let message: String
  /// What was being done: completes "could not …".
  public let doing: String
  /// What the reader can do next.
  public let hint: String?

  init(
    _ code: Code, _ message: String, doing: String, hint: String? = nil,
    errorNumber: Int32? = nil, holderPID: Int32? = nil
  ) {
    self.code = code
    self.errorNumber = errorNumber
    self.holderPID = holderPID
    self.message = message
    self.doing = doing
    self.hint = hint ?? Self.hint(for: code)
  }

  /// A system call that failed with `errorNumber`.
  init(errorNumber: Int32, doing: String) {
    let code: Code =
      switch errorNumber {
      case ENOSPC, EDQUOT, EFBIG: .diskFull
      case ENOENT: .missing
      default: .io
      }
    self.init(
      code, String(cString: strerror(errorNumber)), doing: doing, errorNumber: errorNumber)
  }

  /// `could not append to …: No space left on device; free space on the disk …`.
  public var description: String {
    let advice = hint.map { "; \($0)" } ?? ""
    return "could not \(doing): \(message)\(advice)"
  }

  private static func hint(for code: Code) -> String? {
    switch code {
    case .locked: "stop that process first; two workers need two folders (spool.dir)"
    case .full: "bring the database back or raise spool.bytes_max"
    case .diskFull: "free space on the disk of spool.dir"
    case .io: "check the disk and the rights of spool.dir"
    case .damaged: "look at it with `updraft spool verify`"
    case .foreignVersion: "store it with the version that wrote it, or move it away"
    case .foreignCrunch: "give each competition a folder of its own (spool.dir)"
    case .foreignFile: "move it out of spool.dir"
    default: nil
    }
  }
}
