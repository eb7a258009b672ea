import Competition
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Orchestration
import ServiceRuntime
import Synchronization
import Telemetry

/// The deployment API at its address, on the server's own threads.
final class APIServer: Sendable {
  /// Connections that are open at once; more wait to be accepted.
  private static let connectionsMax = 256
  /// How long a connection may take for the head of a request, or wait for the next one.
  private static let idleSecondsMax: Int64 = 60
  /// The bytes of one header, of all of them, and their number.
  private static let (headerBytesMax, headersBytesMax, headerCountMax) = (8 << 10, 32 << 10, 100)

  private let task: Task<Void, any Error>

  /// Listens.
  ///
  /// - Throws: `StartFailure` when the address can't be listened at.
  init(_ settings: APISettings, _ service: DeploymentService, _ logger: Logger) async throws {
    let start = StartSignal()
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .error)
    let application = Application(
      responder: CallbackResponder<APIContext> { request, context in
        await APIExchange.answer(request, context.channel, by: service)
      },
      server: .http1(configuration: Self.http(settings)),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: Int(settings.port)),
        availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsMax)),
      onServerRunning: { channel in
        var host = settings.address
        if let port = channel.localAddress?.port, settings.port == 0 {
          host = "\(host.dropLast(2)):\(port)"
        }
        logger.notice(
          "models can be deployed", metadata: [LogKey.address: "http://\(host)/models"])
        start.give(.success(()))
      },
      logger: quiet)
    task = Task {
      do {
        try await application.run()
        start.give(.failure(CancellationError()))
      } catch {
        start.give(.failure(error))
        throw error
      }
    }
    do {
      try await start.wait()
    } catch {
      throw StartFailure(
        "api.listen: can't listen at \(settings.address): \(error)",
        remedy: "another program may have that port; set api.listen", exitCode: .systemRefused)
    }
  }

  /// Stops listening and ends what is open.
  func stop() async {
    task.cancel()
    _ = await task.result
  }

  private static func http(_ settings: APISettings) -> HTTP1Channel.Configuration {
    let uploadTime = TimeAmount.nanoseconds(settings.uploadTimeout.nanoseconds)
    return HTTP1Channel.Configuration(
      additionalChannelHandlers: [APIConnectionGuard(uploadTime: uploadTime)],
      idleTimeout: .seconds(idleSecondsMax),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: headerBytesMax, maxHeaderListSize: headersBytesMax,
        maxHeaderFieldCount: headerCountMax))
  }
}

/// How a start ended, told once to who waits for it.
private final class StartSignal: Sendable {
  private struct State {
    var result: Result<Void, any Error>?
    var waiter: CheckedContinuation<Void, any Error>?
  }

  private let state = Mutex(State())

  /// Tells it; only the first one counts.
  func give(_ result: Result<Void, any Error>) {
    let waiter = state.withLock { state in
      guard state.result == nil else { return nil as CheckedContinuation<Void, any Error>? }
      state.result = result
      return state.waiter
    }
    waiter?.resume(with: result)
  }

  func wait() async throws {
    try await withCheckedThrowingContinuation { continuation in
      let result = state.withLock { state in
        state.waiter = continuation
        return state.result
      }
      if let result { continuation.resume(with: result) }
    }
  }
}
