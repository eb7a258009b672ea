import Settings
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Reporting
import ServiceLifecycle
import ServiceRuntime

/// One address with its server.
struct Listener: Service {
  /// Connections that are open at once at one address; more wait to be accepted.
  static let connectionsMax = 10_000
  /// Connections that wait to be accepted.
  private static let backlog = 1_024
  /// How long a connection may take for the head of a request, or wait for the next one.
  private static let idleSecondsMax: Int64 = 60
  /// The bytes of the address or one header, of all of them, and their number; just above what
  /// the report itself refuses, which says why.
  private static let headerBytesMax = ReportService.targetBytesMax + 4_096
  private static let headersBytesMax = headerBytesMax + 16_384
  private static let headerCountMax = 100

  let address: ListenAddress
  let service: ReportService
  let connectionsMax: Int
  let logger: Logger
  let didListen: @Sendable () -> Void

  /// Serves until the group is told to stop.
  ///
  /// - Throws: `StartFailure` when the address can't be listened at.
  func run() async throws {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let application = Application(
      responder: CallbackResponder<BasicRequestContext> { request, _ in
        await Exchange.answer(request, by: service)
      },
      server: .http1(configuration: Self.http),
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: Int(address.port)), backlog: Self.backlog,
        availableConnectionsDelegate: MaximumAvailableConnections(connectionsMax)),
      onServerRunning: { channel in
        logger.notice("listening", metadata: ["address": "http://\(address)"])
        didListen()
      },
      logger: quiet)
    do {
      try await application.run()
    } catch let error as IOError {
      throw StartFailure(
        "report: can't listen at \(address): \(error)",
        remedy: "another program may have that port; set report.listen or report.ui_listen",
        exitCode: .systemRefused)
    } catch let error as SocketAddressError {
      throw StartFailure(
        "report: there is no such address as \(address): \(error)",
        remedy: "set report.listen and report.ui_listen to addresses of this machine",
        exitCode: .wrongConfiguration)
    }
  }

  private static var http: HTTP1Channel.Configuration {
    HTTP1Channel.Configuration(
      additionalChannelHandlers: [ConnectionGuard()], idleTimeout: .seconds(idleSecondsMax),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: headerBytesMax, maxHeaderListSize: headersBytesMax,
        maxHeaderFieldCount: headerCountMax))
  }
}
