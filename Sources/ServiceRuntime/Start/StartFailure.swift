public import ArgumentParser
import Telemetry

/// Why a program ends with an error: one line that says what went wrong and what to do about it.
public struct StartFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the process exits with.
  public let exitCode: ExitCode
  /// What went wrong, with the place and the value: `predict.tick: must be > 0, got -3s`.
  public let problem: String
  /// What the reader can do next; nil when the problem says it all.
  public let remedy: String?

  /// Creates a failure.
  public init(_ problem: String, remedy: String? = nil, exitCode: ExitCode) {
    self.problem = problem
    self.remedy = remedy
    self.exitCode = exitCode
  }

  /// The problem and the remedy, control characters escaped: one line, or one for each problem when
  /// there are several.
  public var description: String {
    let text = remedy.map { "\(problem); \($0)" } ?? problem
    return text.split(separator: "\n").map { OneLine.escaped(String($0)) }.joined(separator: "\n")
  }

  /// Writes `program: problem; remedy` to standard error, a line for each problem.
  public func report(program: String) {
    for line in description.split(separator: "\n") {
      LogSink.standardError.write("\(program): \(line)\n")
    }
  }
}

/// Runs a program's body and turns what it throws into one line and an exit code.
///
/// A `StartFailure` keeps its own code; the argument parser's `ExitCode` and `CleanExit` pass
/// through; anything else is told as it describes itself and becomes `internalFault`.
/// - Throws: `ExitCode` or `CleanExit`, for the argument parser to end the process with.
public func reportingFailures(
  program: String, isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws -> Void
) async throws {
  do {
    try await body()
  } catch let failure as StartFailure {
    failure.report(program: program)
    throw failure.exitCode
  } catch let code as ExitCode {
    throw code
  } catch let exit as CleanExit {
    throw exit
  } catch let wrong as ValidationError {
    throw wrong
  } catch {
    let failure = StartFailure("\(error)", exitCode: .internalFault)
    failure.report(program: program)
    throw failure.exitCode
  }
}
