import Competition
import Glibc
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct SpoolSyncTests {
  private let fixture: SpoolFixture
  private let counted = CountedSystem()

  init() throws { fixture = try SpoolFixture() }

  private func writeRound(_ spool: Spool) throws -> SegmentWriter {
    let writer = try spool.begin(SpoolFixture.opening())
    _ = try writer.append([SpoolFixture.answer(0, "[1]"), SpoolFixture.answer(1, "[2]")])
    _ = try writer.append([SpoolFixture.answer(2, "[3]")])
    try writer.close(SpoolFixture.closing)
    return writer
  }

  private func waitUntil(_ condition: () -> Bool) -> Bool {
    let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
    while !condition() {
      guard MonotonicInstant.now() < deadline else { return false }
      sched_yield()
    }
    return true
  }

  @Test func alwaysForcesEveryBatchBeforeItReturns() throws {
    let spool = try fixture.open(.always, system: counted.system())
    // The new folder's own name.
    #expect(counted.counts.folderSyncs == 1)
    let writer = try spool.begin(SpoolFixture.opening())
    #expect(counted.counts.syncs == 1)
    #expect(counted.counts.folderSyncs == 2)
    _ = try writer.append([SpoolFixture.answer(0, "[1]"), SpoolFixture.answer(1, "[2]")])
    #expect(counted.counts.syncs == 2)
    try writer.close(SpoolFixture.closing)
    #expect(counted.counts.syncs == 3)
    spool.close()
    #expect(counted.counts.syncs == 3)
    #expect(counted.counts.folderSyncs == 2)
  }

  @Test func neverForcesNothing() throws {
    let spool = try fixture.open(.never, system: counted.system())
    _ = try writeRound(spool)
    spool.sync()
    spool.close()
    #expect(counted.counts.syncs == 0)
    #expect(counted.counts.folderSyncs == 0)
  }

  @Test func intervalForcesManyBatchesAtOnceAndTheRestAtTheEnd() throws {
    var options = fixture.options(.interval)
    options.fsyncInterval = .seconds(3_600)
    let spool = try Spool.open(
      options, crunchID: "game", shard: .whole, system: counted.system())
    // What is due first is forced at once; from then on the interval counts.
    _ = try spool.begin(SpoolFixture.opening())
    #expect(waitUntil { counted.counts.syncs >= 1 && counted.counts.folderSyncs >= 2 })
    let later = SpoolFixture.start.advanced(by: .seconds(1))
    let writer = try spool.begin(SpoolFixture.opening(at: later))
    spool.sync()
    let before = counted.counts
    for index in 0..<50 { _ = try writer.append([SpoolFixture.answer(index % 4, "[1]")]) }
    #expect(counted.counts.syncs == before.syncs)
    spool.close()
    #expect(counted.counts.syncs == before.syncs + 1)
    #expect(counted.counts.folderSyncs == before.folderSyncs)
  }

  @Test func intervalForcesTheFileAndTheFolderByItself() throws {
    var options = fixture.options(.interval)
    options.fsyncInterval = .milliseconds(1)
    let spool = try Spool.open(
      options, crunchID: "game", shard: .whole, system: counted.system())
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    #expect(waitUntil { counted.counts.syncs >= 1 && counted.counts.folderSyncs >= 2 })
    let before = counted.counts.syncs
    _ = try writer.append([SpoolFixture.answer(0, "[1]")])
    #expect(waitUntil { counted.counts.syncs > before })
  }

  @Test func aRemovedSegmentIsNotForced() throws {
    var options = fixture.options(.interval)
    options.fsyncInterval = .seconds(3_600)
    let spool = try Spool.open(
      options, crunchID: "game", shard: .whole, system: counted.system())
    _ = try spool.begin(SpoolFixture.opening())
    #expect(waitUntil { counted.counts.syncs >= 1 && counted.counts.folderSyncs >= 2 })
    spool.sync()
    let before = counted.counts.syncs
    let later = SpoolFixture.start.advanced(by: .seconds(1))
    let writer = try spool.begin(SpoolFixture.opening(at: later))
    spool.remove(writer.file)
    spool.close()
    #expect(counted.counts.syncs == before)
  }

  @Test func whatCannotBeForcedIsCountedAndStaysDue() throws {
    var options = fixture.options(.interval)
    options.fsyncInterval = .milliseconds(1)
    let spool = try Spool.open(
      options, crunchID: "game", shard: .whole,
      system: counted.system(sync: { $0 <= 3 ? -Int(EIO) : nil }))
    _ = try spool.begin(SpoolFixture.opening())
    #expect(waitUntil { counted.counts.syncs >= 4 })
    spool.close()
    #expect(spool.usage.syncFailures == 3)
    #expect(spool.usage.lastSyncFailure?.contains("Input/output error") == true)
    #expect(counted.counts.syncs == 4)
  }

  @Test func withAlwaysABatchThatCannotBeForcedHasNotArrived() throws {
    let spool = try fixture.open(
      .always, system: counted.system(sync: { $0 == 2 ? -Int(EIO) : nil }))
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    #expect(throws: SpoolError.self) { try writer.append([SpoolFixture.answer(0, "[1]")]) }
    #expect(try spool.recover(writer.file).answers.isEmpty)
    _ = try writer.append([SpoolFixture.answer(0, "[2]")])
    #expect(try spool.recover(writer.file).outcomes() == ["0 SUCCESS - [2]"])
  }
}
