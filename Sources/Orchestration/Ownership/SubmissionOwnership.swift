public import Identity

/// What an entry says to show that its owner handed in the submission.
public struct SubmissionOwnership: Hashable, Sendable {
  /// `HEX:TIMESTAMP`; nil when there is none.
  public var signature: String?
  /// The submission's resources as the signed text has them.
  public var resource: SubmissionClaim.Resource

  /// Creates an ownership; without a signature it shows nothing.
  public init(signature: String? = nil, resource: SubmissionClaim.Resource = .null) {
    self.signature = signature
    self.resource = resource
  }
}
