import ArgumentParser
import Identity

/// `updraft keys wallet`: an ed25519 key pair.
struct WalletCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wallet", abstract: "Make a wallet: an ed25519 key pair.",
    discussion: "The file has the form of Solana's tools, which crunch-certificate reads, too.")
  @Option(help: "The file.", completion: .file()) var out = "wallet.json"
  @OptionGroup var writing: KeyWriting

  func run() async throws {
    try await runKeysCommand("wallet") {
      try writing.files.expectFree(out)
      let wallet = try WalletKey.generate()
      try writing.files.write(wallet.secretFile(), to: out, .secret)
      Output.line("wallet      \(wallet.publicKey.base58)")
      Output.line("public key  \(wallet.publicKey.hex)")
    }
  }
}
