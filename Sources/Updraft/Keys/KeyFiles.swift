import Identity
import ServiceRuntime

/// Writes keys and what belongs to them.
struct KeyFiles {
  /// Whether files that are there are replaced.
  let replaces: Bool
  /// Gets a line for each file that was written.
  var tell: (String) -> Void = { _ in }

  /// Refuses a name that is taken before any work is done.
  func expectFree(_ paths: String...) throws {
    for path in paths where !replaces {
      if (try? KeyFile.read(path, .open)) != nil {
        throw StartFailure(
          "\(path) is there already and is left as it is",
          remedy: "choose another name, or --force to replace it", exitCode: .systemRefused)
      }
    }
  }

  func write(_ bytes: [UInt8], to path: String, _ secrecy: KeyFile.Secrecy) throws {
    try KeyFile.write(bytes, to: path, secrecy, replacing: replaces)
    tell("wrote \(path)\(secrecy == .secret ? "  (secret: keep it, show it to nobody)" : "")")
  }
}
