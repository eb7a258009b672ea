import Competition
import Testing

@testable import Identity

private let key = WalletPublicKey(
  hex: "e18a27536919fa9717393522ced3c78476965a498bab7d94e5e07a7dce1c5cc8")
private let text =
  "487c231985d70d2ab39d53c4fe2f6460255fac200954b80f9e3d6f61aaa87cc3c1bcf2e6036b6178cc1c4e6c54ec1545"
  + "ff6d5e1fc933054f4cca3e86c96e0906:1739556339"
private let claim = SubmissionClaim(
  cruncherID: "JZCYgKdpiTnz1WfNsRqAnfCgPof1365aLCQ9UEKU8jt", modelID: "9647",
  // The vector's resource is the text `null`, not a missing one, whose text is `None`.
  submissionID: "19100", resource: .id("null"))
private let signedAt = UTCTime(secondsSinceEpoch: 1_739_556_339)

private func check(
  _ text: String?, _ claim: SubmissionClaim = claim, at now: UTCTime = signedAt,
  ageMax: Duration? = nil
) throws {
  try SubmissionSignature(text).check(
    claim, signedBy: try #require(key), at: now, ageMax: ageMax)
}

private func refusal(
  _ text: String?, _ claim: SubmissionClaim = claim, at now: UTCTime = signedAt,
  ageMax: Duration? = nil
) -> SubmissionError? {
  #expect(throws: SubmissionError.self) { try check(text, claim, at: now, ageMax: ageMax) }
}

@Test func theVectorOfTheContractVerifies() throws {
  try check(text)
  let signature = try SubmissionSignature(text)
  #expect(signature.description == text && signature.time == signedAt)
}

@Test func anyOtherClaimIsRefusedWithItsFields() {
  let changes: [(inout SubmissionClaim) -> Void] = [
    { $0.cruncherID = "JZCY" }, { $0.modelID = "9648" }, { $0.submissionID = "19101" },
    { $0.resource = .absent }, { $0.resource = .null }, { $0.resource = .id("7") },
  ]
  for change in changes {
    var other = claim
    change(&other)
    let error = refusal(text, other)
    #expect(error?.code == .badSignature)
    #expect(error?.description.contains("model \"\(other.modelID)\"") == true)
  }
  #expect(refusal(String(text.dropLast()) + "8")?.code == .badSignature)
}

@Test(
  arguments: [
    (nil, SubmissionError.Code.missing, "carries no signature"), ("", .missing, "carries no"),
    ("abc", .badFormat, "isn't HEX:TIMESTAMP"), (text + ":1", .badFormat, "isn't HEX:TIMESTAMP"),
    ("0" + text, .badFormat, "128 hexadecimal digits"), (":1739556339", .badFormat, "128"),
    (text + "x", .badFormat, "Unix seconds"), (text + " ", .badFormat, "Unix seconds"),
    (String(text.dropLast(10)), .badFormat, "Unix seconds"),
    (String(text.dropLast(10)) + "-1", .badFormat, "Unix seconds"),
    (text + "000", .badFormat, "Unix seconds"),
  ] as [(String?, SubmissionError.Code, String)])
func aSignatureThatIsNoneIsRefused(text: String?, code: SubmissionError.Code, cause: String) {
  let error = refusal(text)
  #expect(
    error?.code == code && error?.description.contains(cause) == true,
    "\(String(describing: error))")
}

@Test func aColonInAFieldOrAMissingFieldIsRefused() {
  let changes: [((inout SubmissionClaim) -> Void, String)] = [
    ({ $0.cruncherID = nil }, "the cruncher id is missing"),
    ({ $0.cruncherID = "" }, "the cruncher id is missing"),
    ({ $0.submissionID = "" }, "the submission id is missing"),
    ({ $0.cruncherID = "a:b" }, "the cruncher id \"a:b\" contains a ':'"),
    ({ $0.modelID = "9647:1" }, "the model id"), ({ $0.submissionID = ":" }, "the submission id"),
    ({ $0.resource = .id("a:b") }, "the resource id \"a:b\" contains a ':'"),
    ({ $0.modelID = String(repeating: "x", count: 1_025) }, "more than 1024 bytes"),
  ]
  for (change, cause) in changes {
    var other = claim
    change(&other)
    let error = refusal(text, other)
    #expect(error?.code == .badClaim && error?.description.contains(cause) == true)
  }
}

@Test func theAgeIsLookedAtOnlyWhenALimitIsSet() throws {
  try check(text, at: signedAt.advanced(by: .seconds(10_000_000)))
  try check(text, at: signedAt.advanced(by: .seconds(60)), ageMax: .seconds(60))
  #expect(
    refusal(text, at: signedAt.advanced(by: .seconds(61)), ageMax: .seconds(60))?.code == .tooOld)
  try check(text, at: signedAt.advanced(by: .seconds(-300)), ageMax: .seconds(60))
  let early = refusal(text, at: signedAt.advanced(by: .seconds(-301)), ageMax: .seconds(60))
  #expect(early?.code == .fromFuture)
}

@Test(arguments: [SubmissionClaim.Resource.absent, .null, .id("r-7")])
func whatWeSignVerifies(resource: SubmissionClaim.Resource) throws {
  let wallet = try WalletKey.generate()
  var own = claim
  own.resource = resource
  let signature = try SubmissionSignature(own, at: signedAt, by: wallet)
  try SubmissionSignature(signature.description)
    .check(own, signedBy: wallet.publicKey, at: signedAt)
  #expect(throws: SubmissionError.self) {
    own.cruncherID = "a:b"
    _ = try SubmissionSignature(own, at: signedAt, by: wallet)
  }
}
