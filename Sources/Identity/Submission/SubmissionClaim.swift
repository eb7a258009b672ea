/// What a submission's signature is about: who hands in which code for which model.
public struct SubmissionClaim: Hashable, Sendable {
  /// The resources that belong to a submission, as the signed text has them.
  public enum Resource: Hashable, Sendable {
    /// The registry has no such field: an empty text.
    case absent
    /// It is null: `None`.
    case null
    /// This one.
    case id(String)

    /// The text that is signed.
    public var text: String {
      switch self {
      case .absent: ""
      case .null: "None"
      case .id(let id): id
      }
    }
  }

  /// The participant; nil when nobody said, which can't be signed.
  public var cruncherID: String?
  /// The model.
  public var modelID: String
  /// The submission.
  public var submissionID: String
  /// Its resources.
  public var resource: Resource

  /// Creates a claim.
  public init(cruncherID: String?, modelID: String, submissionID: String, resource: Resource) {
    self.cruncherID = cruncherID
    self.modelID = modelID
    self.submissionID = submissionID
    self.resource = resource
  }

  /// The longest field, bytes.
  public static let fieldBytesMax = 1_024

  /// The bytes that are signed: `{cruncher}:{model}:{submission}:{resource}:{timestamp}`.
  ///
  /// - Throws: `SubmissionError` for a field that is missing, too long, or holds a `:`, with which
  ///   one text could mean two claims.
  func signedBytes(timestamp: String) throws(SubmissionError) -> [UInt8] {
    let fields = [
      ("cruncher", cruncherID ?? ""), ("model", modelID), ("submission", submissionID),
      ("resource", resource.text),
    ]
    for (name, text) in fields {
      if name != "resource", text.isEmpty {
        throw SubmissionError(
          .badClaim, "the \(name) id is missing, and nothing equals a missing one")
      }
      if text.utf8.contains(UInt8(ascii: ":")) {
        throw SubmissionError(.badClaim, "the \(name) id \(Excerpt.of(text)) contains a ':'")
      }
      if text.utf8.count > Self.fieldBytesMax {
        throw SubmissionError(
          .badClaim, "the \(name) id has more than \(Self.fieldBytesMax) bytes")
      }
    }
    return Array((fields.map(\.1) + [timestamp]).joined(separator: ":").utf8)
  }
}
