import Competition
import EventLoop
import Foundation
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct SpoolTests {
  private let fixture: SpoolFixture

  init() throws { fixture = try SpoolFixture() }

  @Test func leftoversComeOldestFirst() throws {
    for second in [120, 0, 60] {
      try fixture.writeRound(at: SpoolFixture.start.advanced(by: .seconds(second)))
    }
    let spool = try fixture.open()
    defer { spool.close() }
    let times = spool.leftovers().map { $0.performedAt.since(SpoolFixture.start) }
    #expect(times == [.zero, .seconds(60), .seconds(120)])
    #expect(spool.usage.rounds == 3)
    #expect(spool.usage.oldestPerformedAt == SpoolFixture.start)
    spool.remove(spool.leftovers()[0])
    #expect(spool.leftovers().count == 2)
    #expect(spool.usage.oldestPerformedAt == SpoolFixture.start.advanced(by: .seconds(60)))
    let writer = try spool.begin(SpoolFixture.opening())
    #expect(spool.leftovers().count == 2)
    #expect(spool.usage.rounds == 3)
    #expect(spool.usage.oldestPerformedAt == writer.file.performedAt)
  }

  @Test func aSegmentThatSomebodyTookAwayIsForgotten() throws {
    let file = try fixture.writeRound()
    let spool = try fixture.open()
    defer { spool.close() }
    try FileManager.default.removeItem(atPath: file.path)
    let error = #expect(throws: SpoolError.self) { try spool.recover(file) }
    #expect(error?.code == .missing)
    #expect(spool.leftovers().isEmpty)
    #expect(spool.usage.bytes == 0)
    #expect(spool.usage.rounds == 0)
  }

  @Test func roundsOfAnotherCompetitionAreLeftAlone() throws {
    let file = try fixture.writeRound()
    let spool = try fixture.open(crunchID: "other")
    defer { spool.close() }
    #expect(spool.leftovers().isEmpty)
    #expect(spool.refused.map(\.code) == [.foreignCrunch])
    #expect(spool.usage.rounds == 0)
    #expect(try fixture.names() == [file.name])
  }

  @Test func aDamagedHeaderDoesNotGiveARoundToAnotherCompetition() throws {
    let file = try fixture.writeRound()
    let good = try SegmentBytes(of: file)
    var bytes = good.bytes
    bytes[40] ^= 1
    try good.write(bytes, to: file)
    let spool = try fixture.open(crunchID: "other")
    defer { spool.close() }
    #expect(spool.leftovers() == [file])
    let error = #expect(throws: SpoolError.self) { try spool.recover(file) }
    #expect(error?.code == .foreignCrunch)
    #expect(error?.description.contains("belongs to game, not to other") == true)
    #expect(spool.leftovers().isEmpty)
    #expect(try fixture.names() == [file.name])
  }

  @Test func aRoundWhoseHeaderWasNeverWholeIsRemovedAndOddFilesAreNamed() throws {
    let file = try fixture.writeRound()
    for name in ["20261122_110154.821_game_1-1.round.new", "notes.round", "rejects.jsonl"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(fixture.directory)/\(name)"))
    }
    let spool = try fixture.open()
    defer { spool.close() }
    #expect(try fixture.names() == [file.name, "notes.round", "rejects.jsonl"])
    #expect(spool.refused.map(\.code) == [.foreignFile])
    #expect(spool.leftovers() == [file])
  }

  @Test func theFolderIsMadeWithThoseAboveItForItsOwnerOnly() throws {
    let deep = "\(fixture.directory)/a/b"
    let spool = try Spool.open(
      SpoolOptions(directory: deep), crunchID: "game", shard: .whole)
    spool.close()
    var status = stat()
    #expect(stat(deep, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    try Data().write(to: URL(fileURLWithPath: fixture.directory))
    let options = SpoolOptions(directory: fixture.directory + "/below")
    let error = #expect(throws: SpoolError.self) {
      try Spool.open(options, crunchID: "game", shard: .whole)
    }
    #expect(error?.errorNumber == ENOTDIR)
    #expect(error?.description.contains(fixture.directory) == true)
  }

  // MARK: The lock

  @Test func aSecondOpenerIsRefusedWithTheHoldersProcess() throws {
    let spool = try fixture.open()
    let folder = SpoolFolder(directory: fixture.directory)
    #expect(folder.holder == getpid())
    let error = #expect(throws: SpoolError.self) { try fixture.open() }
    #expect(error?.code == .locked)
    #expect(error?.holderPID == getpid())
    #expect(error?.description.contains("process \(getpid()) holds it") == true)
    spool.close()
    #expect(folder.holder == nil)
    try fixture.open().close()
  }

  @Test func killingTheHolderReleasesTheFolder() async throws {
    try fixture.open().close()
    // Another program that takes the same lock (F_OFD_SETLK) and holds on to it.
    let script = """
      import fcntl, os, struct, sys, time
      lock = os.open(sys.argv[1], os.O_RDWR)
      fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
      os.ftruncate(lock, 0)
      os.pwrite(lock, b"%d\\n" % os.getpid(), 0)
      print("held", flush=True)
      time.sleep(600)
      """
    let thread = try LoopThread(name: "holder")
    let fixture = fixture
    let held: Int32 = try await withCheckedThrowingContinuation { done in
      Task(executorPreference: thread.executor) {
        let holder = Holder()
        do {
          holder.child = try ChildProcess.start(
            ChildProcessOptions(
              executable: "python3", arguments: ["-c", script, fixture.directory + "/lock"]),
            on: thread.loop
          ) { _ in
            let error = #expect(throws: SpoolError.self) { try fixture.open() }
            #expect(error?.code == .locked)
            holder.pid = error?.holderPID ?? 0
            holder.child?.send(SIGKILL)
          } exited: { _ in
            holder.child = nil
            done.resume(returning: holder.pid)
          }
        } catch {
          done.resume(throwing: error)
        }
      }
    }
    #expect(await thread.stop() == 0)
    #expect(held > 0)
    #expect(held != getpid())
    try fixture.open().close()
  }

  private final class Holder {
    var child: ChildProcess?
    var pid: Int32 = 0
  }
}
