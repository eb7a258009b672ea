import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct QueueTests {
  private let opening = TestRound.opening(["a", "b"])

  /// A queue with room for `bytes` beyond what two small rounds take.
  private func queue(of bytes: Int) -> RoundQueue { RoundQueue(bytesMax: bytes) }

  private func open(
    _ queue: inout RoundQueue
  ) throws -> (number: UInt64, memory: RoundMemory) {
    let place = queue.open(opening, at: .now())
    return try #require(place)
  }

  private func isFull(_ queue: inout RoundQueue) -> Bool {
    queue.open(opening, at: .now()) == nil
  }

  private func end() -> RoundEnd {
    RoundEnd(
      closing: RoundClosing(wallTime: .seconds(1), panic: nil, breakers: [nil, nil]), at: .now())
  }

  @Test func theQueueTakesRoundsUpToItsBoundInMemoryAndOneOfAnySize() throws {
    var queue = queue(of: 12_000)
    let first = try open(&queue)
    #expect(queue.bytes == (4 << 10) + 2 * 512)
    first.memory.add(1_000_000)
    #expect(isFull(&queue))
    first.memory.drop(1_000_000 - 1_759)
    #expect(queue.bytes == 6_879)
    let second = try open(&queue)
    #expect(queue.bytes == 11_999)
    second.memory.add(1)
    #expect(isFull(&queue))
    queue.removeFirst()
    #expect(queue.bytes == 5_121)
    queue.removeFirst()
    #expect(queue.bytes == 0)
    #expect(queue.count == 0)
  }

  @Test func closedRoundsThatAreWholeInTheSpoolLeaveMemoryNewestFirst() throws {
    let fixture = try SpoolFixture()
    let file = try fixture.writeRound()
    let segment = RoundSegment(file: file, reader: try SegmentReader(file))
    var queue = queue(of: 11_000)
    // Each takes 5,120 bytes. The third isn't in the spool, the fourth is open.
    for number in 1...4 {
      let place = try open(&queue)
      queue.change(place.number) { round in
        round.end = number == 4 ? nil : end()
        round.isFiled = number < 3
        round.segment = segment
      }
    }
    #expect(queue.bytes == 3 * 5_120)
    #expect(queue.unfiledCount == 2)
    let places = (1...4).map { _ in
      defer { queue.removeFirst() }
      if case .memory? = queue.first?.place { return "memory" }
      return "file"
    }
    #expect(places == ["memory", "file", "memory", "memory"])
    #expect(queue.bytes == 0)
  }

  @Test func theNextTwoRoundsAreReadBackAndNoMore() throws {
    var queue = queue(of: 1 << 20)
    let file = try SpoolFixture().writeRound()
    _ = try open(&queue)
    for _ in 0..<3 { queue.append(leftover: file, at: .now()) }
    #expect(queue.takeReads().map(\.number) == [2])
    #expect(queue.takeReads().isEmpty)
    queue.removeFirst()
    #expect(queue.takeReads().map(\.number) == [3])
    queue.removeFirst()
    queue.removeFirst()
    #expect(queue.takeReads().map(\.number) == [4])
  }

  @Test func aWriterAtItsBoundRefusesAndCounts() async throws {
    var configuration = DatabaseConfiguration()
    configuration.host = "/tmp/no-such-folder"
    var options = RoundWriterOptions()
    options.queuedBytesMax = 6_000
    let round = TestRound.make(["0123456789"])
    let writer = try RoundWriter(configuration, options: options, logger: .silent)
    #expect((0..<4).map { _ in writer.enqueue(round) } == [true, true, false, false])
    #expect(writer.statistics.refusedRounds == 2)
    #expect(writer.statistics.queuedRounds == 2)
    #expect(writer.statistics.queuedBytes == 2 * (10 + (4 << 10) + 512))
    #expect(await writer.stop() == RoundsLeft(spooled: 0, lost: 2))
    #expect(!writer.enqueue(round))
  }

  @Test func waitersAndRequestsEndWithTheWriter() async throws {
    var configuration = DatabaseConfiguration()
    configuration.host = "/tmp/no-such-folder"
    let writer = try RoundWriter(configuration, logger: .silent)
    writer.enqueue(TestRound.make(["1"]))
    async let drained = writer.drain(deadline: .now().advanced(by: .seconds(30)))
    await writer.stop()
    #expect(await !drained)
    await #expect(throws: StorageError.self) { try await writer.loadModels() }
    #expect(await writer.stop().lost == 1)
  }

  @Test func aRoundThatNobodyClosesIsClosedWithWhatHasArrived() async throws {
    let database = try await TestDatabase.initialized()
    let test = try TestWriter(database)
    var round = test.writer.open(TestRound.opening(["a", "b"]))
    round?.arrived([TestRound.outcome("a", "1")])
    round = nil
    #expect(await test.nextStored()?.counts == [.success: 1, .timeout: 1])
    await test.writer.stop()
  }

  @Test func retriesDoubleToTwoSecondsWithJitter() {
    var delay = RetryDelay()
    let longest = (0..<7).map { _ in delay.next(fraction: 1).milliseconds }
    #expect(longest == [100, 200, 400, 800, 1_600, 2_000, 2_000])
    delay.reset()
    #expect(delay.next(fraction: 0) == .milliseconds(50))
    #expect(delay.next(fraction: 0.5) == .milliseconds(150))
  }

  @Test func theRefusedLineIsReadFromTheServersContext() {
    func error(_ context: String?) -> StorageError {
      StorageError(.statement, sqlState: "22P02", "x", doing: "x", context: context)
    }
    #expect(error("COPY predictions, line 37, column distributions").copyLine == 37)
    #expect(error("PL/pgSQL function f() line 3 at RAISE\nCOPY predictions, line 2").copyLine == 2)
    #expect(error("COPY predictions, Zeile 5").copyLine == 5)
    #expect(error("SQL statement 1").copyLine == nil)
    #expect(error(nil).copyLine == nil)
  }
}
