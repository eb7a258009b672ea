import ArgumentParser
import EventLoop
import Logging
import ServiceRuntime
import TLSEngine
import Telemetry

/// `updraft tls-front`: secure mode for a model that speaks none.
struct TLSFrontCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tls-front",
    abstract: "Serve a model over mutual TLS with its delegation.",
    discussion: """
      Stands before a model that listens without TLS on this machine: takes clients whose \
      certificate the CA has signed, passes their calls on, and adds the three values of the \
      delegation to the head of every answer. Nothing of a message is kept. Renewed files are \
      taken up for new connections. Ctrl-C or SIGTERM ends it.

      EXAMPLE: updraft tls-front --listen 0.0.0.0:50051 --to 127.0.0.1:50061 --dir model-9647
      """)

  @Option(
    help: ArgumentHelp(
      "Where to listen, a numeric address; port 0 takes a free one, which is printed.",
      valueName: "host:port"))
  var listen: String
  @Option(help: ArgumentHelp("Where the model listens, without TLS.", valueName: "host:port"))
  var to: Endpoint
  @Option(
    help: ArgumentHelp("The folder with tls.crt, tls.key and ca.crt.", valueName: "folder"),
    completion: .directory)
  var dir: String
  @Option(
    help: ArgumentHelp("The signed delegation; else delegation.json of --dir.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var delegation: String?
  @Option(
    help: ArgumentHelp("The CA of the clients; else ca.crt of --dir.", valueName: "file"),
    completion: .file())
  var clientCa: String?

  func validate() throws {
    guard SocketAddress(listening: listen) != nil else {
      throw ValidationError("--listen: must be a numeric address and a port, got \(listen)")
    }
    guard SocketAddress(to) != nil else {
      throw ValidationError("--to: must be a numeric address or localhost, got \(to.host)")
    }
  }

  func run() async throws {
    try await runCommand("tls-front") {
      CoreDumps.forbid()
      DescriptorLimit.raise()
      LogSetup.start(format: .text, level: .notice)
      let stop = StopSignals()
      guard let address = SocketAddress(listening: listen), let model = SocketAddress(to) else {
        throw ExitCode.validationFailure
      }
      var files = TLSFiles(directory: dir)
      if let clientCa { files.ca = clientCa }
      let (trusted, path) = (files, delegation ?? "\(dir)/delegation.json")
      let thread = try LoopThread(name: "front")
      do {
        let front = try await LoopBound(on: thread) { loop in
          let logger = Logger(label: "tls-front")
          let identity = try FrontIdentity(trusted, delegation: path, logger: logger)
          do {
            return try TLSFront(listen: address, to: model, identity, on: loop, logger: logger)
          } catch {
            throw StartFailure(
              "\(error)", remedy: "choose another --listen", exitCode: .systemRefused)
          }
        }
        let place = await front.run { "\($0.address)" }
        LogSink.standardError.write("tls-front: \(place) serves \(model)\n")
        await stop.wait()
        await front.run { $0.close() }
      } catch {
        await thread.stop()
        throw error
      }
      await thread.stop()
    }
  }
}

extension SocketAddress {
  /// A place to listen; nil for a name. The port may be 0.
  fileprivate init?(listening text: String) {
    if let endpoint = Endpoint(argument: text) {
      self.init(endpoint)
    } else if text.hasSuffix(":0"), let endpoint = Endpoint(argument: "\(text.dropLast())1") {
      self.init(host: endpoint.numericHost, port: 0)
    } else {
      return nil
    }
  }

  fileprivate init?(_ endpoint: Endpoint) {
    self.init(host: endpoint.numericHost, port: endpoint.port)
  }
}

extension Endpoint {
  fileprivate var numericHost: String { host == "localhost" ? "127.0.0.1" : host }
}
