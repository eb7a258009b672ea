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

  /// Problems that were found together with the first, each with its own remedy in it.
  public let furtherProblems: [String]

  /// Creates a failure.
  public init(
    _ problem: String, remedy: String? = nil, furtherProblems: [String] = [], exitCode: ExitCode
  ) {
    self.furtherProblems = furtherProblems
    self.problem = problem
    self.remedy = remedy
    self.exitCode = exitCode
  }

  /// The problem and the remedy in one line, control characters escaped.
  public var description: String {
    OneLine.escaped(remedy.map { "\(problem); \($0)" } ?? problem)
  }

  /// Writes `program: problem; remedy` to standard error, then a line for each further problem.
  public func report(program: String) {
    for line in [description] + furtherProblems.map(OneLine.escaped) {
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
