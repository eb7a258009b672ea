import ArgumentParser
import Benchmarking
import Foundation
import ServiceRuntime

/// Where results go beside standard output.
struct BenchOutput: ParsableArguments {
  @Option(
    help: ArgumentHelp("Keep the results as JSON lines, for --compare.", valueName: "file"),
    completion: .file(extensions: ["json", "jsonl"]))
  var json: String?
  @Option(
    help: ArgumentHelp("Draw the results: a page that is one file.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var html: String?

  /// Says now what would fail after the run: a folder that isn't there.
  ///
  /// - Throws: `StartFailure` that names the file.
  func check() throws(StartFailure) {
    for (flag, path) in [("--json", json), ("--html", html)] {
      guard let path else { continue }
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      guard access(folder, W_OK) == 0 else {
        throw StartFailure(
          "\(flag) \(path): \(String(cString: strerror(errno)))",
          remedy: "name a file in a folder that can be written", exitCode: .systemRefused)
      }
    }
  }

  /// Writes what was asked for.
  func write(jsonLines: @autoclosure () -> String, page: @autoclosure () -> Page) throws {
    if let json { try Self.write(jsonLines(), to: json) }
    if let html {
      try Self.write(page().html, to: html)
      Output.line("\npage: \(html)")
    }
  }

  /// Writes a file whole, or not at all.
  ///
  /// - Throws: `StartFailure` that names it.
  static func write(_ text: String, to path: String) throws(StartFailure) {
    do {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw StartFailure(
        "\(path): \(error.localizedDescription)", remedy: "check its folder and the disk's space",
        exitCode: .systemRefused)
    }
  }
}
