public import ArgumentParser
public import Logging
public import Telemetry

/// The options that every worker takes, beside those of its own.
///
/// A flag wins over the environment, that over the file and that over the default: what was not
/// given is nil here.
public struct WorkerOptions: ParsableArguments {
  /// The configuration file; nil means the defaults and the environment alone.
  @Option(
    name: .long, help: ArgumentHelp("The configuration file (YAML).", valueName: "file"),
    completion: .file(extensions: ["yml", "yaml"]))
  public var config: String?

  /// Verify the configuration and what it names, print a table, exit.
  @Flag(name: .long, help: "Check the configuration and everything that it names, then exit.")
  public var check = false

  /// The format of the log lines; nil leaves it to the configuration.
  @Option(name: .long, help: "How to log to standard error.")
  public var logFormat: LogFormat?

  /// The lowest level that is logged; nil leaves it to the configuration.
  @Option(name: .long, help: "The lowest level to log.")
  public var logLevel: LogLevel?

  /// Creates options that say nothing.
  public init() {}

  /// Sends the process's log lines to standard error and gives the program's logger.
  ///
  /// `format` and `level` are the configuration's; the command line wins over them.
  public func startLogging(
    program: String, format: LogFormat = .text, level: LogLevel = .info
  ) -> Logger {
    LogSetup.start(format: logFormat ?? format, level: logLevel ?? level)
    return Logger(label: program)
  }
}

extension LogFormat: ExpressibleByArgument {}
extension LogLevel: ExpressibleByArgument {}
