import ArgumentParser
import Competition
import Identity
import ServiceRuntime

/// `updraft keys verify`: whether files fit each other.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check keys, certificates and signatures against each other.",
    discussion: """
      Private keys against certificates, certificates against their authority, delegations against \
      certificates and wallets, submissions against wallets, and all of them against the options. \
      Exits 1 when a check failed; what could not be compared is a warning.
      """)
  @Argument(help: "Files or folders.", completion: .file()) var files: [String]
  @Option(help: "The model that it must be for.") var model: String?
  @Option(help: "The wallet that must have signed, base58.") var wallet: String?
  @Option(help: "The hotkey that it must name.") var hotkey: String?
  @Option(help: "The key that must have signed submissions, hexadecimal.") var publicKey: String?
  @Flag(help: "One JSON object instead of a table.") var json = false

  func validate() throws {
    if let wallet, WalletPublicKey(base58: wallet) == nil {
      throw ValidationError("--wallet must be the base58 text of an ed25519 key")
    }
    if let publicKey, WalletPublicKey(hex: publicKey) == nil {
      throw ValidationError("--public-key must be 64 hexadecimal digits of an ed25519 key")
    }
  }

  func run() async throws {
    var result = CheckTable()
    try await runKeysCommand("verify") {
      var items: [KeyVerification.Item] = []
      for path in files.flatMap(KeyItem.paths) {
        do {
          items.append((path, try KeyItem(path)))
        } catch {
          result.add(.failure(path, "\(error)", remedy: "correct or replace the file"))
        }
      }
      let verification = KeyVerification(
        items, model: model, wallet: wallet, hotkey: hotkey,
        publicKey: publicKey.flatMap { WalletPublicKey(hex: $0) }, at: .now())
      for row in verification.rows { result.add(row) }
      Output.text(json ? result.json + "\n" : result.text)
    }
    if result.result == .failure { throw result.exitCode }
  }
}
