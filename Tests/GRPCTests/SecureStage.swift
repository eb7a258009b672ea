import EventLoop
import GRPC
import GatewayTestSupport
import TLSEngine

/// Certificates of a coordinator and of model 7, and what is made of them.
final class Credentials: Sendable {
  static let serverName = "model-node-7.crunchdao.internal"

  let certificates: ScratchCertificates
  let clientFiles: TLSFiles
  let serverFiles: TLSFiles
  let client: ChannelSecurity
  let server: TLSContext

  init() throws {
    certificates = try ScratchCertificates()
    clientFiles = try certificates.issue("coordinator")
    serverFiles = try certificates.issueModel("7")
    client = ChannelSecurity(try TLSContext(.client, clientFiles), serverName: Self.serverName)
    server = try TLSContext(.server, serverFiles)
  }

  /// A shell command in the certificates' folder.
  func shell(_ script: String) -> ChildProcessOptions {
    var options = ChildProcessOptions(executable: "/bin/sh", arguments: ["-c", script])
    options.workingDirectory = certificates.folder
    return options
  }
}
