public import ArgumentParser
import Competition

extension CommandConfiguration {
  /// The configuration of one of this package's programs, `--version` included:
  /// `predict-worker 0.1.0`.
  public static func program(
    _ name: String, abstract: String, discussion: String = "",
    subcommands: [any ParsableCommand.Type] = []
  ) -> CommandConfiguration {
    CommandConfiguration(
      commandName: name, abstract: abstract, discussion: discussion,
      version: "\(name) \(updraftVersion)", subcommands: subcommands)
  }
}
