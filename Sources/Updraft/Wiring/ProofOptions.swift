import ArgumentParser
import Settings

/// How models and this side prove to each other who they are; see docs/identity.md.
struct ProofOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Secure mode: the folder with ca.crt, tls.crt and tls.key.", valueName: "folder"),
    completion: .directory)
  var tlsDir: String?
  @Option(
    help: ArgumentHelp("Gateway mode: the coordinator's RSA key, PEM.", valueName: "file"),
    completion: .file())
  var gatewayKey: String?
  @Option(
    help: ArgumentHelp(
      "Gateway mode: the CAs to trust instead of the system's, PEM.", valueName: "file"),
    completion: .file())
  var ca: String?

  func validate() throws {
    if tlsDir != nil, gatewayKey != nil {
      throw ValidationError("--gateway-key: can't be used together with --tls-dir; choose one")
    }
    if ca != nil, gatewayKey == nil {
      throw ValidationError("--ca: needs --gateway-key; secure mode reads ca.crt of --tls-dir")
    }
  }

  /// As game.yml has them.
  var settings: SecuritySettings {
    var settings = SecuritySettings()
    settings.tlsDirectory = tlsDir
    settings.gatewayKeyFile = gatewayKey
    settings.gatewayCAFile = ca
    return settings
  }
}
