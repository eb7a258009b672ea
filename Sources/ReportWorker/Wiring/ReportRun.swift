import Competition
import Settings
import Logging
import Reporting
import ServiceLifecycle
import ServiceRuntime
import Storage

/// One life of the worker: listens at every address until a signal.
struct ReportRun {
  private let settings: GameConfiguration
  private let environment: [String: String]
  private let logger: Logger

  /// After a signal: 10 s in all. Requests that are being answered get this long.
  private static let stopTime = Duration.seconds(8)

  init(_ settings: GameConfiguration, _ environment: [String: String], _ logger: Logger) {
    self.settings = settings
    self.environment = environment
    self.logger = logger
  }

  /// Runs until a signal.
  ///
  /// - Throws: `StartFailure` when the settings or an address can't be used.
  func run() async throws {
    let exposure = try Exposure(settings.report, environment)
    let notifier = try ServiceNotifier(environment: environment)
    let database = try DatabaseConfiguration(settings.database)
    let pool = SessionPool(database, logger: logger)
    defer { pool.close() }
    let service = ReportService(options(exposure), pool: pool, logger: logger)
    let connectionsMax = max(64, min(Listener.connectionsMax, DescriptorLimit.raise() - 128))
    let listeners = exposure.addresses.map {
      Listener(
        address: $0, service: service, connectionsMax: connectionsMax, logger: logger,
        didListen: { notifier.ready(status: "serving") })
    }
    var group = ServiceGroupConfiguration(
      services: listeners.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
      logger: quiet)
    group.maximumGracefulShutdownDuration = Self.stopTime
    let heartbeat = Task { await beat(notifier) }
    defer { heartbeat.cancel() }
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let failure as StartFailure {
      throw failure
    } catch {
      // Requests that took longer than their time were cut off; that is no failure of the start.
      logger.warning("stopped in the middle of answers", metadata: ["reason": "\(error)"])
    }
    notifier.stopping()
    logger.notice("stopped")
  }

  private func options(_ exposure: Exposure) -> ReportOptions {
    var options = ReportOptions(crunchID: settings.crunchID, version: updraftVersion)
    options.keys = exposure.keys
    options.corsOrigins = settings.report.corsOrigins
    options.metricsFile = settings.metricsFile
    options.scoreMetricsFile = settings.scoreMetricsFile
    options.files = WebFiles.own
    if let library = WebFiles.chartLibrary(at: settings.report.chartLibrary) {
      options.files.append(library)
    } else {
      logger.warning(
        "the chart library is missing: the pages show no charts",
        metadata: [
          "path": "\(settings.report.chartLibrary)",
          "remedy": "install libjs-chart.js, or set report.chart_js",
        ])
    }
    return options
  }

  /// The server's own lines are not for operators.
  private var quiet: Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
  }

  /// Tells systemd's watchdog twice an interval that the program's tasks still run.
  private func beat(_ notifier: ServiceNotifier) async {
    guard let interval = notifier.watchdogInterval else { return }
    while !Task.isCancelled {
      notifier.watchdog()
      try? await Task.sleep(for: .nanoseconds(interval.nanoseconds / 2))
    }
  }
}
