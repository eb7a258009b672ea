import ArgumentParser
import Cryptography
import Identity

/// `updraft keys cert`: the key and certificate of a model or of the coordinator.
struct CertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cert", abstract: "Make a key and a certificate for a model or the coordinator.",
    discussion: """
      Writes tls.key, tls.crt and a copy of ca.crt into DIR, the folder that secure mode reads. A \
      model's certificate is for the name model-node-ID.crunchdao.internal.
      """)
  @Option(help: "The model that will serve with it.") var model: String?
  @Flag(help: "The certificate is for the coordinator, a client.") var coordinator = false
  @Option(help: "The folder with ca.key and ca.crt.", completion: .directory) var ca = "."
  @Option(help: "Where the files go; the folder must exist.", completion: .directory)
  var dir: String
  @Option(help: "How long it is valid, days.") var days = ValidDays(365)
  @OptionGroup var writing: KeyWriting

  func validate() throws {
    guard (model != nil) != coordinator else {
      throw ValidationError("give either --model ID or --coordinator")
    }
  }

  func run() async throws {
    try await runKeysCommand("cert") {
      let certificate = try KeyAuthority(folder: ca)
        .issue(model: model, days: days, in: dir, writing.files)
      Output.line("key hash  \(KeyFingerprint.full(certificate.publicKeyDER))")
    }
  }
}
