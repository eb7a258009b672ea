/// Why a submission's signature is not accepted. It holds public values only.
public struct SubmissionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The check that failed.
  public enum Code: String, Hashable, Sendable {
    /// There is none.
    case missing
    /// It is not `HEX:TIMESTAMP`.
    case badFormat
    /// A field is missing, too long, or holds a `:`.
    case badClaim
    /// It is not the key's signature of this claim.
    case badSignature
    /// It is older than the limit.
    case tooOld
    /// It is from the future.
    case fromFuture
  }

  /// The check that failed.
  public let code: Code
  /// What was found and what was expected.
  public let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
