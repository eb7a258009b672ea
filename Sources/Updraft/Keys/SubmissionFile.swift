import Identity
import JSON

/// A submission's signature with what it is about, under the names of `models.yml`.
struct SubmissionFile {
  let claim: SubmissionClaim
  let signature: SubmissionSignature
  /// Who is said to have signed.
  let signer: WalletPublicKey

  init(claim: SubmissionClaim, signature: SubmissionSignature, signer: WalletPublicKey) {
    self.claim = claim
    self.signature = signature
    self.signer = signer
  }

  /// Nil when the JSON isn't one.
  init?(_ value: JSONValue) {
    guard let signature = try? SubmissionSignature(value["signature"]?.stringValue),
      let signer = value["public_key"]?.stringValue.flatMap({ WalletPublicKey(hex: $0) }),
      let model = value["id"]?.stringValue, let submission = value["submission_id"]?.stringValue
    else { return nil }
    let resource: SubmissionClaim.Resource =
      switch value["resource_id"] {
      case .string(let id): .id(id)
      case nil: .absent
      default: .null
      }
    claim = SubmissionClaim(
      cruncherID: value["cruncher_id"]?.stringValue, modelID: model, submissionID: submission,
      resource: resource)
    self.signature = signature
    self.signer = signer
  }

  var bytes: [UInt8] {
    var members = [
      JSONMember(key: "id", value: .string(claim.modelID)),
      JSONMember(key: "submission_id", value: .string(claim.submissionID)),
      JSONMember(key: "cruncher_id", value: claim.cruncherID.map { .string($0) } ?? .null),
    ]
    switch claim.resource {
    case .absent: break
    case .null: members.append(JSONMember(key: "resource_id", value: .null))
    case .id(let id): members.append(JSONMember(key: "resource_id", value: .string(id)))
    }
    members.append(JSONMember(key: "signature", value: .string(signature.description)))
    members.append(JSONMember(key: "public_key", value: .string(signer.hex)))
    return Array((JSONValue.object(members).text() + "\n").utf8)
  }
}
