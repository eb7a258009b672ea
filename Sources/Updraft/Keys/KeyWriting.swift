import ArgumentParser
import Cryptography
import Identity
import ServiceRuntime

/// `--force`, and writing that obeys it and says what it wrote.
struct KeyWriting: ParsableArguments {
  @Flag(help: "Replace files that are there.") var force = false

  var files: KeyFiles { KeyFiles(replaces: force) { Output.line($0) } }
}

/// Runs a command's body; what keys and certificates throw becomes one line and an exit code.
func runKeysCommand(_ name: String, _ body: () throws -> Void) async throws {
  try await runCommand("keys \(name)") {
    CoreDumps.forbid()
    do {
      try body()
    } catch let error as KeyError {
      throw StartFailure("\(error)", exitCode: .systemRefused)
    } catch let error as CryptoError {
      throw StartFailure("\(error)", exitCode: .incomplete)
    } catch let error as SubmissionError {
      throw StartFailure("\(error)", exitCode: .incomplete)
    }
  }
}
