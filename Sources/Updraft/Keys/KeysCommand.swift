import ArgumentParser

/// `updraft keys`: makes, shows and checks the keys and signatures of a secure game.
struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Make, show and check keys, certificates and signatures.",
    discussion: """
      For a secure game of your own: `ca` once, `cert` for the coordinator and for each model, \
      `wallet` and `delegate` for each participant. Secrets are written readable by this user only \
      and never over an existing file without --force. docs/identity.md tells the whole story.
      """,
    subcommands: [
      AuthorityCommand.self, CertCommand.self, WalletCommand.self, DelegateCommand.self,
      SignSubmissionCommand.self, InspectCommand.self, VerifyCommand.self,
    ])
}
