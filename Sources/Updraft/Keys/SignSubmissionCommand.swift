import ArgumentParser
import Competition
import Identity

/// `updraft keys sign-submission`: shows that a submission may run for a model.
struct SignSubmissionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign-submission", abstract: "Sign a submission for the orchestrator.",
    discussion: """
      Prints the `signature` of models.yml. The orchestrator's signature-verifier.public-key is \
      the wallet's public key in hexadecimal, as `updraft keys inspect` shows it.
      """)
  @Option(help: "The wallet that signs.", completion: .file()) var wallet: String
  @Option(help: "The participant: cruncher_id.") var cruncher: String
  @Option(help: "The model: id.") var model: String
  @Option(help: "The submission: submission_id.") var submission: String
  @Option(help: "The resources: resource_id; without it, null.") var resource: String?
  @Option(help: "Also write a file that `updraft keys verify` reads.", completion: .file())
  var out: String?
  @OptionGroup var writing: KeyWriting

  func run() async throws {
    try await runKeysCommand("sign-submission") {
      if let out { try writing.files.expectFree(out) }
      let key = try WalletKey(walletFile: KeyFile.read(wallet, .secret))
      let claim = SubmissionClaim(
        cruncherID: cruncher, modelID: model, submissionID: submission,
        resource: resource.map { .id($0) } ?? .null)
      let signature = try SubmissionSignature(claim, at: .now(), by: key)
      if let out {
        let file = SubmissionFile(claim: claim, signature: signature, signer: key.publicKey)
        try writing.files.write(file.bytes, to: out, .open)
      }
      Output.line(signature.description)
    }
  }
}
