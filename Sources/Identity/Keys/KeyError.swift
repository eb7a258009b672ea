/// A key or a file of keys that can't be used. It never holds any part of a secret.
public struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: String, Hashable, Sendable {
    /// The text is no key.
    case badFormat
    /// The key's halves don't fit each other.
    case badKey
    /// No protected memory, or no randomness.
    case noMemory
    /// The file is not there.
    case missingFile
    /// The file is there already.
    case existingFile
    /// Others than its owner can read or write the file.
    case exposedFile
    /// The system refused; `errno` says why.
    case systemRefused
    /// The file is larger than any of its kind.
    case tooLarge
  }

  /// What kind of failure it is.
  public let code: Code
  /// What was being done: `reading a wallet`, `reading tls.key`.
  public let doing: String
  /// What is wrong, and what the reader can do.
  public let detail: String
  /// The system's error number; 0 when the system was content.
  public let errno: Int32

  init(_ code: Code, _ doing: String, _ detail: String, errno: Int32 = 0) {
    self.code = code
    self.doing = doing
    self.detail = detail
    self.errno = errno
  }

  /// `reading tls.key: others can read it (mode 0644); run chmod 600 tls.key`.
  public var description: String { "\(doing): \(detail)" }
}
