import ArgumentParser
import ServiceRuntime
import Telemetry
import Testing

@Suite struct WorkerOptionsTests {
  private struct Worker: ParsableCommand {
    static var configuration: CommandConfiguration { .program("worker", abstract: "A worker.") }
    @OptionGroup var options: WorkerOptions
  }

  @Test func nothingGivenLeavesEverythingToTheConfiguration() throws {
    let options = try WorkerOptions.parse([])
    #expect(options.config == nil)
    #expect(options.check == false)
    #expect(options.logFormat == nil)
    #expect(options.logLevel == nil)
  }

  @Test func everyOptionIsRead() throws {
    let line = ["--config", "game.yml", "--check", "--log-format", "json", "--log-level", "trace"]
    let options = try WorkerOptions.parse(line)
    #expect(options.config == "game.yml")
    #expect(options.check)
    #expect(options.logFormat == .json)
    #expect(options.logLevel == .trace)
  }

  @Test(arguments: [
    ["--log-format", "xml"], ["--log-level", "loud"], ["--config"], ["--unknown"],
  ])
  func wrongOptionsAreUsageErrors(line: [String]) {
    let error = #expect(throws: (any Error).self) { try Worker.parse(line) }
    if let error { #expect(Worker.exitCode(for: error) == .validationFailure) }
  }

  @Test func theVersionNamesTheProgram() {
    let error = #expect(throws: (any Error).self) { try Worker.parseAsRoot(["--version"]) }
    if let error {
      #expect(Worker.exitCode(for: error) == .success)
      #expect(Worker.fullMessage(for: error).hasPrefix("worker 0."))
    }
  }

  @Test func failuresKeepTheirExitCodeAndStrangersBecomeInternalFaults() async {
    struct Stranger: Error {}
    func code(of error: any Error) async -> ExitCode? {
      do {
        try await reportingFailures(program: "worker") { throw error }
        return nil
      } catch { return error as? ExitCode }
    }
    let wrong = StartFailure("predict.tick: must be > 0", exitCode: .wrongConfiguration)
    #expect(await code(of: wrong) == .wrongConfiguration)
    #expect(await code(of: Stranger()) == .internalFault)
    #expect(await code(of: ExitCode(3)) == ExitCode(3))
    await #expect(throws: CleanExit.self) {
      try await reportingFailures(program: "worker") { throw CleanExit.message("bye") }
    }
  }

  @Test func aFailureIsOneLineWithItsRemedy() {
    let failure = StartFailure(
      "no database at \"x\"\nconnection refused", remedy: "start it", exitCode: .unavailable)
    #expect(failure.description == "no database at \"x\"\\nconnection refused; start it")
  }
}
