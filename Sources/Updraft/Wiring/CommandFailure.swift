import ArgumentParser
import Settings
import GatewayTestSupport
import ModelRunner
import ServiceRuntime
import Storage

/// Runs a command's body; what it throws becomes one line on standard error and an exit code.
func runCommand(
  _ name: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Void
) async throws {
  try await reportingFailures(program: "updraft \(name)") {
    do {
      try await body()
    } catch let error as StorageError {
      throw StartFailure("\(error)", exitCode: error.exitCode)
    } catch let error as ConfigurationError {
      throw StartFailure(
        error.problems.map(\.description).joined(separator: "; "), exitCode: .wrongConfiguration)
    } catch let error as ScratchPostgresError {
      throw StartFailure("\(error)", exitCode: .unavailable)
    } catch let error as ClusterError {
      throw StartFailure("\(error)", exitCode: .systemRefused)
    }
  }
}

extension StorageError {
  /// What a program exits with that can't do without the database.
  var exitCode: ExitCode {
    switch code {
    case .configuration: .wrongConfiguration
    case .statement, .unexpectedAnswer: .incomplete
    default: .unavailable
    }
  }
}
