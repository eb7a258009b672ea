import Benchmarking
import EventLoop
import Foundation
import Glibc
import ServiceRuntime

/// What all scenarios share: a folder that is removed, the programs, proofs for secure mode.
final class BenchStage: Sendable {
  /// The competition's name.
  static let crunch = "bench"
  /// Ports of the fleet: below those that the system gives to outgoing connections.
  private static let ports = 10_000...32_767

  let plan: BenchPlan
  /// A folder of this run's own.
  let folder: String
  private let progress: BenchProgress

  /// Makes the folder.
  ///
  /// - Throws: `StartFailure` when there is no room for it.
  init(_ plan: BenchPlan, progress: BenchProgress) throws(StartFailure) {
    var template = Array("\(NSTemporaryDirectory())/updraft-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw StartFailure(
        "can't make a temporary folder: \(String(cString: strerror(errno)))",
        remedy: "set TMPDIR to a folder with room", exitCode: .systemRefused)
    }
    folder = String(
      decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    self.plan = plan
    self.progress = progress
  }

  /// Removes the folder.
  func close() { try? FileManager.default.removeItem(atPath: folder) }

  /// Says what is being done.
  func say(_ text: String) { progress.say(text) }

  /// Shows how far it is, in place.
  func show(_ text: String) { progress.show(text) }

  /// Writes a file into the folder.
  ///
  /// - Returns: Its path.
  func write(_ text: String, to name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    return path
  }

  /// A program of this package.
  ///
  /// - Throws: `StartFailure` when it isn't there.
  static func program(_ name: String) throws(StartFailure) -> String {
    if let path = ProgramPath.sibling(name) { return path }
    throw StartFailure(
      "\(name) is neither beside updraft nor on the PATH", remedy: "build it (make build)",
      exitCode: .unavailable)
  }

  /// The commit of the sources that this program lies in; `unknown` elsewhere.
  static func commit() async -> String {
    let place = String(
      ProgramPath.own[..<(ProgramPath.own.lastIndex(of: "/") ?? ProgramPath.own.endIndex)])
    var options = ChildProcessOptions(
      executable: "git", arguments: ["describe", "--always", "--dirty", "--abbrev=9"])
    options.workingDirectory = place
    guard let run = try? await ChildCapture.run(options, timeout: .seconds(10)),
      run.exit.isSuccess, let line = run.lines.first, !line.isEmpty
    else { return "unknown" }
    return line
  }

  /// Makes an authority and the client's certificate for secure mode.
  ///
  /// - Returns: The folders for the fleet and for the client; nil without secure mode.
  func credentials() async throws -> (fleet: String, client: String)? {
    guard plan.isSecure else { return nil }
    let (authority, client) = ("\(folder)/authority", "\(folder)/client")
    for path in [authority, client] where mkdir(path, 0o700) != 0 && errno != EEXIST {
      throw BenchError("can't make \(path): \(String(cString: strerror(errno)))")
    }
    if access("\(client)/tls.crt", R_OK) != 0 {
      for words in [
        ["ca", "--dir", authority],
        ["cert", "--coordinator", "--ca", authority, "--dir", client],
      ] {
        let child = try await BenchChild.start(
          [ProgramPath.own, "keys"] + words, name: "updraft keys")
        let result = await Task { try await child.end(within: .seconds(60)) }.result
        await child.stop()
        try result.get()
      }
    }
    return (authority, client)
  }

  /// The first of so many ports in a row that are free now; the fleet takes them a moment later.
  static func freePorts(_ count: Int) throws -> Int {
    var start = ports.lowerBound + Int(getpid()) * 31 % (ports.count - count)
    for _ in 0..<50 {
      if start + count > ports.upperBound { start = ports.lowerBound }
      guard
        let taken = (start..<start + count).last(where: { DemoPort.free(UInt16($0)) != UInt16($0) })
      else { return start }
      start = taken + 1
    }
    throw BenchError(
      "no \(count) free ports in a row from \(ports.lowerBound) on; use fewer models")
  }
}
