import ArgumentParser
import Cryptography
import Identity
import ServiceRuntime

/// `--force`, and writing that obeys it.
struct KeyWriting: ParsableArguments {
  @Flag(help: "Replace files that are there.") var force = false

  /// Refuses a name that is taken before any work is done.
  func expectFree(_ paths: String...) throws {
    for path in paths where !force {
      if (try? KeyFile.read(path, .open)) != nil {
        throw StartFailure(
          "\(path) is there already and is left as it is",
          remedy: "choose another name, or --force to replace it", exitCode: .systemRefused)
      }
    }
  }

  func write(_ bytes: [UInt8], to path: String, _ secrecy: KeyFile.Secrecy) throws {
    try KeyFile.write(bytes, to: path, secrecy, replacing: force)
    Output.line(
      "wrote \(path)\(secrecy == .secret ? "  (secret: keep it, show it to nobody)" : "")")
  }
}

/// Runs a command's body; what keys and certificates throw becomes one line and an exit code.
func runKeysCommand(_ name: String, _ body: () throws -> Void) async throws {
  try await runCommand("keys \(name)") {
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
