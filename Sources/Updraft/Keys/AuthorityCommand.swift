import ArgumentParser

/// `updraft keys ca`: an authority of one's own.
struct AuthorityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca", abstract: "Make an authority that signs certificates.",
    discussion: "Writes DIR/ca.key and DIR/ca.crt. The models and the coordinator get ca.crt only.")
  @Option(help: "Where the files go; the folder must exist.", completion: .directory)
  var dir = "."
  @Option(help: "The name in the certificate.") var name = "Updraft CA"
  @Option(help: "The organization in the certificate.") var organization = "Updraft"
  @Option(help: "How long it is valid, days.") var days = ValidDays(3_650)
  @OptionGroup var writing: KeyWriting

  func run() async throws {
    try await runKeysCommand("ca") {
      _ = try KeyAuthority(
        name: name, organization: organization, days: days, in: dir, writing.files)
    }
  }
}
