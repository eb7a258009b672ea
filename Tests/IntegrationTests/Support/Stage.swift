import Competition
import EventLoop
import Foundation
import Synchronization
import Testing

/// What a test plays on: a folder and programs of its own, all gone at its end.
final class Stage: Sendable {
  /// The test's folder.
  let folder: String
  private let thread: LoopThread
  private let pauses: LoopBound<Pauses>
  private let programs = Mutex<[Program]>([])

  fileprivate init() async throws {
    let place = FileManager.default.temporaryDirectory
      .appendingPathComponent("updraft-integration-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    folder = place.path
    thread = try LoopThread(name: "stage")
    pauses = try await LoopBound(on: thread) { Pauses(on: $0) }
  }

  /// Starts a program: a path or a name on the `PATH`, then its arguments. The variables come
  /// beside the inherited ones, which lead to no database; the input is what it reads on standard
  /// input.
  func start(
    _ words: [String], variables: [String: String] = [:], input: String = ""
  ) async throws -> Program {
    let number = programs.withLock { $0.count + 1 }
    let program = try await Program(
      words, variables: variables, input: input, files: "\(folder)/program-\(number)", on: thread)
    programs.withLock { $0.append(program) }
    return program
  }

  /// Runs a program to its end.
  ///
  /// - Throws: `WaitedInVain` when it doesn't end in time.
  func run(
    _ words: [String], variables: [String: String] = [:], input: String = "",
    within time: Duration = .seconds(60)
  ) async throws -> Ended {
    try await end(of: try await start(words, variables: variables, input: input), within: time)
  }

  /// Waits for a program's end.
  func end(of program: Program, within time: Duration = .seconds(60)) async throws -> Ended {
    let exit = try await eventually("\(program.name) ends", within: time) { await program.exit }
    return Ended(exit: exit, output: program.output, errors: program.errors)
  }

  /// Looks every few milliseconds until `condition` gives a value.
  ///
  /// - Throws: `WaitedInVain` when it gives none in time.
  func eventually<Value: Sendable>(
    _ what: String, within time: Duration = .seconds(60),
    _ condition: () async throws -> Value?
  ) async throws -> Value {
    let deadline = MonotonicInstant.now().advanced(by: time)
    while true {
      if let value = try await condition() { return value }
      guard MonotonicInstant.now() < deadline else {
        throw WaitedInVain(what: what, time: time)
      }
      await withCheckedContinuation { done in pauses.post { $0.one { done.resume() } } }
    }
  }

  /// Looks every few milliseconds until `condition` holds.
  func wait(
    _ what: String, within time: Duration = .seconds(60), until condition: () async throws -> Bool
  ) async throws {
    _ = try await eventually(what, within: time) { try await condition() ? true : nil }
  }

  /// Writes a file of the test's folder, with the folders above it; returns its path.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// Copies a folder or file into the test's folder; returns its path there.
  func copy(_ path: String, to name: String) throws -> String {
    let target = "\(folder)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: path, toPath: target)
    return target
  }

  /// What the programs said, for a test that failed.
  fileprivate var transcript: String {
    programs.withLock { $0 }
      .map { "--- \($0.name)\n\($0.errors.suffix(3_000))" }.joined(separator: "\n")
  }

  fileprivate func end() async {
    let started = programs.withLock { $0 }
    for program in started { await program.signal(SIGTERM) }
    // Who started processes of its own gets the time to end them.
    try? await wait("all programs end", within: .seconds(12)) {
      for program in started where await program.exit == nil { return false }
      return true
    }
    for program in started { await program.kill() }
    #expect(await thread.stop() == 0, "the stage left handles open")
    try? FileManager.default.removeItem(atPath: folder)
  }
}

/// Runs a test on a stage of its own; when it throws, what its programs said is told, too.
func withStage(_ body: (Stage) async throws -> Void) async throws {
  let stage = try await Stage()
  do {
    try await body(stage)
  } catch {
    let transcript = stage.transcript
    await stage.end()
    Issue.record("the programs of the failed test wrote:\n\(transcript)")
    throw error
  }
  await stage.end()
}

/// Something that didn't happen in time.
struct WaitedInVain: Error, CustomStringConvertible {
  let what: String
  let time: Duration

  var description: String { "waited in vain for \(time.text) until: \(what)" }
}

/// Short timers of a loop.
private final class Pauses {
  private static let pause = Duration.milliseconds(20)
  private let loop: Loop
  private var timers: [ObjectIdentifier: LoopTimer] = [:]

  init(on loop: Loop) { self.loop = loop }

  func one(_ ended: @escaping () -> Void) {
    var key: ObjectIdentifier?
    let timer = LoopTimer(on: loop) { [weak self] in
      if let key { self?.timers.removeValue(forKey: key)?.close() }
      ended()
    }
    key = ObjectIdentifier(timer)
    timers[ObjectIdentifier(timer)] = timer
    timer.arm(after: Self.pause)
  }
}
