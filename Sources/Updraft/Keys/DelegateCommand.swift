import ArgumentParser
import Competition
import Cryptography
import Identity

/// `updraft keys delegate`: the message that lets a TLS key speak for a wallet.
struct DelegateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delegate", abstract: "Let a certificate's key speak for a wallet.",
    discussion: """
      Writes a message as crunch-certificate does. Without --model it is the coordinator's own.
      """)
  @Option(help: "The wallet that signs.", completion: .file()) var wallet: String
  @Option(help: "The certificate whose key it is for.", completion: .file()) var cert: String
  @Option(help: "The hotkey that is registered for the wallet.") var hotkey: String
  @Option(help: "The model that it is for.") var model: String?
  @Option(help: "How long it is valid, days; without it, for ever.") var days: ValidDays?
  @Option(help: "The file.", completion: .file()) var out = "delegation.json"
  @OptionGroup var writing: KeyWriting

  func validate() throws {
    if hotkey.isEmpty { throw ValidationError("--hotkey must not be empty") }
    if model?.isEmpty == true { throw ValidationError("--model must not be empty") }
  }

  func run() async throws {
    try await runKeysCommand("delegate") {
      try writing.files.expectFree(out)
      let certificate = try Certificate(pem: KeyFile.read(cert, .open))
      let key = try WalletKey(walletFile: KeyFile.read(wallet, .secret))
      let end = days.map { UTCTime(secondsSinceEpoch: $0.span(from: .now()).last) }
      let text = DelegationText(
        certificateKey: certificate.publicKeyDER, hotkey: hotkey, modelID: model, expiresAt: end)
      try writing.files.write(DelegationFile(text, by: key).bytes, to: out, .open)
      Output.line("wallet  \(key.publicKey.base58)")
    }
  }
}
