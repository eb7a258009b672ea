import Competition
import EventLoop
import Foundation
import GatewayTestSupport
import Synchronization
import Testing

@testable import Storage
@testable import StorageVictim

/// The lives of one victim after another, on the same spool and database.
final class VictimLives: Sendable {
  let database: TestDatabase
  let spool: SpoolFixture
  let ledger: Ledger
  private let fsync: SpoolOptions.Fsync
  private let thread: LoopThread
  private let survey = Mutex(KillSurvey())

  /// Runs `body` with victims of that database, and ends their thread whatever happens.
  static func with(
    _ database: TestDatabase, seed: UInt64, fsync: SpoolOptions.Fsync = .interval,
    _ body: (VictimLives) async throws -> Void
  ) async throws {
    let lives = try VictimLives(database, seed: seed, fsync: fsync)
    do {
      try await body(lives)
    } catch {
      _ = await lives.thread.stop()
      throw error
    }
    #expect(await lives.thread.stop() == 0)
  }

  private init(_ database: TestDatabase, seed: UInt64, fsync: SpoolOptions.Fsync) throws {
    self.database = database
    self.fsync = fsync
    spool = try SpoolFixture()
    ledger = Ledger(seed: seed)
    thread = try LoopThread(name: "victims")
  }

  /// What the kills have hit so far.
  var kills: KillSurvey { survey.withLock { $0 } }

  /// Starts a victim; its lines go to the ledger.
  func start(_ life: Int, rounds: Int = ScriptedRound.Key.numberMax) async throws -> Victim {
    let configuration = database.configuration
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folder = (own as NSString).deletingLastPathComponent
    let options = ChildProcessOptions(
      executable: "\(folder)/StorageVictim",
      arguments: [
        "--host", try #require(configuration.host), "--port", "\(configuration.port ?? 5_432)",
        "--user", try #require(configuration.user), "--database",
        try #require(configuration.database), "--spool", spool.directory, "--fsync",
        fsync.rawValue, "--seed", "\(ledger.seed)", "--life", "\(life)", "--rounds", "\(rounds)",
      ])
    return try await Victim(options, ledger: ledger, on: thread)
  }

  /// Starts a victim, kills it after that much of its life, and looks at what it has left.
  func liveAndDie(_ life: Int, after delay: Duration) async throws {
    let victim = try await start(life)
    try await victim.waitUntilReady()
    // The moment of the kill is the test's own choice: there is nothing to wait for.
    await Pace.pass(delay)
    let exit = try await victim.kill()
    try #require(
      exit.signal == SIGKILL,
      "it \(exit) before it was killed: \(ledger.strangeLines)\n\(ledger.log)")
    try look(at: life)
  }

  /// Plays a few rounds more and waits until everything is stored.
  func liveToTheEnd(_ life: Int, rounds: Int = 3) async throws {
    let victim = try await start(life, rounds: rounds)
    let exit = try await victim.waitUntilItEnds(within: .seconds(90))
    #expect(exit.isSuccess, "\(exit): \(ledger.strangeLines)\n\(ledger.log)")
    let left = await victim.left
    #expect(left == "left 0 0", "\(ledger.log)")
  }

  /// Counts the states in which the rounds were when the victim died.
  private func look(at life: Int) throws {
    let folder = SpoolFolder(directory: spool.directory)
    guard let segments = try? folder.list().segments else { return }
    var rounds: [RecoveredRound] = []
    for file in segments { rounds.append(try folder.read(file, checkingValues: false)) }
    // A server that is away just now shows nothing.
    let committed = (try? countStored(rounds)) ?? 0
    survey.withLock { survey in
      survey.lives += 1
      survey.open += rounds.count { $0.closing == nil }
      survey.ended += rounds.count { $0.closing != nil }
      survey.torn += rounds.count { !$0.damage.isEmpty }
      survey.committed += committed
      let left = rounds.count { ScriptedRound.Key($0.opening.performedAt).life < life }
      if left > 0 { survey.inReplay += 1 }
    }
  }

  private func countStored(_ rounds: [RecoveredRound]) throws -> Int {
    try database.with { connection in
      try rounds.count { round in
        try connection.query(
          "SELECT FROM predictions WHERE performed_at = $1 LIMIT 1",
          [.time(round.opening.performedAt)], doing: "look for a round"
        ).count > 0
      }
    }
  }
}

/// In what the kills have hit a victim.
struct KillSurvey {
  /// Kills.
  var lives = 0
  /// Rounds that were open.
  var open = 0
  /// Rounds that had ended and were still in the spool.
  var ended = 0
  /// Rounds that were committed and still in the spool.
  var committed = 0
  /// Rounds with a record that was cut off.
  var torn = 0
  /// Kills while rounds of earlier lives were still there.
  var inReplay = 0
}

/// A running victim.
final class Victim: Sendable {
  private let child: LoopBound<Child>
  private static let patience = Duration.seconds(60)

  init(_ options: ChildProcessOptions, ledger: Ledger, on thread: LoopThread) async throws {
    child = try await LoopBound(on: thread) { try Child(options, ledger: ledger, on: $0) }
  }

  var hasEnded: Bool { get async { await child.run { $0.exit != nil } } }

  /// Its last line: what it has left; nil before.
  var left: String? { get async { await child.run(\.left) } }

  func waitUntilReady() async throws {
    try await wait(within: Self.patience, for: "a sign of life") { $0.isReady || $0.exit != nil }
  }

  /// Kills it; returns how it ended.
  func kill() async throws -> ChildExit {
    child.post { $0.process?.send(SIGKILL) }
    return try await waitUntilItEnds(within: Self.patience)
  }

  func waitUntilItEnds(within time: Duration) async throws -> ChildExit {
    try await wait(within: time, for: "its end") { $0.exit != nil }
    return try #require(await child.run(\.exit))
  }

  private func wait(
    within time: Duration, for what: String, until condition: @escaping @Sendable (Child) -> Bool
  ) async throws {
    let deadline = MonotonicInstant.now().advanced(by: time)
    while await !child.run(condition) {
      guard MonotonicInstant.now() < deadline else {
        child.post { $0.process?.send(SIGKILL) }
        throw VictimError(description: "waited in vain for \(what) of a victim")
      }
      await Pace.pass(.milliseconds(1))
    }
  }
}

struct VictimError: Error, CustomStringConvertible { let description: String }

/// The process on its loop.
private final class Child {
  private(set) var process: ChildProcess?
  private(set) var exit: ChildExit?
  private(set) var isReady = false
  private(set) var left: String?

  init(_ options: ChildProcessOptions, ledger: Ledger, on loop: Loop) throws {
    process = try ChildProcess.start(options, on: loop) { [weak self] line in
      switch line.prefix(5) {
      case "ready": self?.isReady = true
      case "left ": self?.left = line
      default: line.contains(" updraft.storage: ") ? ledger.note(log: line) : ledger.note(line)
      }
    } exited: { [weak self] exit in
      self?.exit = exit
      self?.process = nil
    }
  }
}
