import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct QueueTests {
  private let round = TestRound.make(["0123456789"])

  private func offer(_ round: RoundRecord, to queue: inout RoundQueue) -> Bool {
    queue.offer(round, at: .now())
  }

  @Test func theQueueTakesRoundsUpToItsBoundAndKeepsTheOldest() {
    var queue = RoundQueue(roundsMax: 3, bytesMax: 1_000)
    let offers = (0..<4).map { second in
      queue.offer(
        TestRound.make(["1"], at: TestRound.start.advanced(by: .seconds(second))), at: .now())
    }
    #expect(offers == [true, true, true, false])
    #expect(queue.first?.round.performedAt == TestRound.start)
    queue.removeFirst()
    #expect(offer(round, to: &queue) == true)
    #expect(queue.first?.round.performedAt == TestRound.start.advanced(by: .seconds(1)))
  }

  @Test func theQueueTakesBytesUpToItsBoundAndOneRoundOfAnySize() {
    var queue = RoundQueue(roundsMax: 100, bytesMax: 25)
    #expect(offer(round, to: &queue) == true)
    #expect(offer(round, to: &queue) == true)
    #expect(queue.bytes == 20)
    #expect(offer(round, to: &queue) == false)
    queue.removeFirst()
    #expect(queue.bytes == 10)
    queue.removeFirst()
    queue.removeFirst()
    #expect(queue.bytes == 0)
    #expect(offer(TestRound.make([String(repeating: "1", count: 100)]), to: &queue) == true)
    #expect(offer(round, to: &queue) == false)
  }

  @Test func aWriterAtItsBoundRefusesAndCounts() async throws {
    var configuration = DatabaseConfiguration()
    configuration.host = "/tmp/no-such-folder"
    var options = RoundWriterOptions()
    options.queuedRoundsMax = 2
    let writer = try RoundWriter(configuration, options: options, logger: .silent)
    #expect((0..<4).map { _ in writer.enqueue(round) } == [true, true, false, false])
    #expect(writer.statistics.refusedRounds == 2)
    #expect(writer.statistics.queuedRounds == 2)
    #expect(writer.statistics.queuedBytes == 20)
    #expect(await writer.stop() == 2)
  }

  @Test func waitersAndRequestsEndWithTheWriter() async throws {
    var configuration = DatabaseConfiguration()
    configuration.host = "/tmp/no-such-folder"
    let writer = try RoundWriter(configuration, logger: .silent)
    writer.enqueue(round)
    async let drained = writer.drain(deadline: .now().advanced(by: .seconds(30)))
    await writer.stop()
    #expect(await !drained)
    await #expect(throws: StorageError.self) { try await writer.loadModels() }
    #expect(await writer.stop() == 1)
  }

  @Test func retriesDoubleToTenSecondsWithJitter() {
    var delay = RetryDelay()
    let longest = (0..<9).map { _ in delay.next(fraction: 1).milliseconds }
    #expect(longest == [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
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
