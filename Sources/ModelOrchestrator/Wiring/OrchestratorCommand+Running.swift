import ArgumentParser
import EventLoop
import Identity
import Logging
import Orchestration
import ServiceRuntime
import Telemetry

/// What the command does after its options are read.
extension OrchestratorCommand {
  func readSettings(
    _ environment: [String: String]
  ) throws -> OrchestratorConfiguration {
    do {
      var settings = try OrchestratorConfiguration.read(
        options.config ?? "orchestrator.yml", environment: environment)
      if let models {
        settings.modelsFile = models
        settings.registry = nil
      }
      return settings
    } catch {
      throw StartFailure("\(error)", exitCode: .wrongConfiguration)
    }
  }

  func check(
    _ settings: OrchestratorConfiguration, _ environment: [String: String]
  ) async throws {
    let service = try OrchestratorService()
    let findings = await service.inspect(settings, environment)
    await service.end()
    var table = CheckTable()
    for finding in findings { table.add(finding.row) }
    print(table.text, terminator: "")
    if table.result == .failure { throw table.exitCode }
  }

  func serve(
    _ settings: OrchestratorConfiguration, _ environment: [String: String], _ logger: Logger
  ) async throws {
    let notifier = try ServiceNotifier(environment: environment)
    let token = try readToken(settings)
    let service = try OrchestratorService()
    do {
      try await service.start(settings, environment, logger, notifier)
    } catch {
      await service.end()
      throw OrchestratorCommand.failure(error)
    }
    let api: APIServer?
    do {
      api = try await serveAPI(settings, token, service, logger)
    } catch {
      _ = await service.stop(logger)
      await service.end()
      throw error
    }
    await service.waitForSignal()
    notifier.stopping()
    await api?.stop()
    let isClean = await service.stop(logger)
    await service.end()
    if !isClean { throw ExitCode.internalFault }
    logger.notice("stopped")
  }

  private func readToken(
    _ settings: OrchestratorConfiguration
  ) throws(StartFailure) -> BearerToken? {
    guard let file = settings.api?.tokenFile else { return nil }
    do {
      return try BearerToken(file: file)
    } catch {
      throw StartFailure("api.token-file: \(error)", exitCode: .wrongConfiguration)
    }
  }

  private func serveAPI(
    _ settings: OrchestratorConfiguration, _ token: BearerToken?, _ service: OrchestratorService,
    _ logger: Logger
  ) async throws -> APIServer? {
    guard let api = settings.api else { return nil }
    let deployments = DeploymentService(
      api, runner: settings.runner, token: token, door: service, logger: logger)
    return try await APIServer(api, deployments, logger)
  }

  private static func failure(_ error: any Error) -> any Error {
    switch error {
    case let fault as ConfigurationFault:
      StartFailure("\(fault)", exitCode: .wrongConfiguration)
    case let error as EventLoopError:
      StartFailure(
        "\(error)", remedy: "stop what uses the port, or set publishers[].port",
        exitCode: .systemRefused)
    case let error as FileError: StartFailure("\(error)", exitCode: .wrongConfiguration)
    default: error
    }
  }
}

extension InspectionFinding {
  /// The finding as a row of a check table.
  fileprivate var row: CheckRow {
    switch severity {
    case .fine: .ok(name, text)
    case .warning: .warning(name, text, remedy: remedy ?? "")
    case .failure: .failure(name, text, remedy: remedy ?? "")
    }
  }
}

extension LoggingLevel {
  /// The level in our words.
  var level: LogLevel {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .warn, .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}
