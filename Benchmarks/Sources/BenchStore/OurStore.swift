import BenchSupport
import Competition
import Foundation
import Glibc
import Storage

/// Updraft's way: the `RoundWriter` of the predict worker, with its spool.
///
/// All answers are handed over at once, so that nothing is stored before the last one has come: the
/// worst case. In a game models answer one after another, and rows go out meanwhile.
final class OurStore {
  private let writer: RoundWriter
  private var stored: AsyncStream<StoredRound>.Iterator
  private let answers: [ByteView]
  private let models: [ModelRow]
  private let spoolPath: String

  /// Answers that one turn of a loop reads, about: 256 KiB at a time from each of some models.
  private static let turnAnswers = 25

  init(
    _ configuration: DatabaseConfiguration, answers: [ByteView], fsync: SpoolOptions.Fsync
  ) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: StoredRound.self)
    stored = stream.makeAsyncIterator()
    self.answers = answers
    models = answers.indices.map { index in
      ModelRow(
        modelID: Self.modelID(index), name: "", deploymentID: "", playerID: "",
        playerName: "Unknown")
    }
    spoolPath =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("updraft-bench-spool-\(getpid())").path
    var options = RoundWriterOptions()
    options.spool = SpoolOptions(directory: spoolPath, fsync: fsync)
    writer = try RoundWriter(configuration, options: options) { continuation.yield($0) }
    let report = try await writer.perform { try SchemaInitializer($0).initializeDatabase() }
    guard report.compression == .set else { throw BenchError("lz4 is not set: \(report)") }
    let models = models
    _ = try await writer.perform { try ModelTable($0).upsert(models) }
  }

  /// Stores one round and waits for its commit.
  func store(_ performedAt: UTCTime) async throws -> Measurement {
    let params = PredictionParams(
      asset: "BTC", horizonSeconds: Answers.stepCount * 300, stepSeconds: 300)
    let models = answers.indices.map(Self.modelID)
    let outcomes = zip(models, answers).map { model, answer in
      PredictionOutcome(
        modelID: model, status: .success, value: answer, execTimeMicros: 1_234.5, detail: nil)
    }
    let records = outcomes.map { outcome in
      PredictionRecord(
        modelID: outcome.modelID, params: params, status: .success,
        execTimeMicros: outcome.execTimeMicros, distributions: outcome.value,
        performedAt: performedAt, detail: nil, wasSent: true)
    }
    let opening = RoundOpening(
      params: params, performedAt: performedAt, lateBy: .zero, timeout: .seconds(60),
      isMarketClosed: false, models: [],
      entries: models.map { RoundOpening.Entry(modelID: $0, isCalled: true) })
    let threadBefore = writer.statistics.threadCPUTime
    let callerBefore = Self.threadCPUSeconds()
    guard let round = writer.open(opening) else { throw BenchError("the round was refused") }
    // As a loop hands them over: what one turn has read.
    for start in stride(from: 0, to: outcomes.count, by: Self.turnAnswers) {
      round.arrived(Array(outcomes[start..<min(start + Self.turnAnswers, outcomes.count)]))
    }
    round.close(
      RoundRecord(
        params: params, performedAt: performedAt, wallTime: .milliseconds(40), models: [],
        records: records))
    let callerAfter = Self.threadCPUSeconds()
    guard let stored = await stored.next(), stored.counts == [.success: records.count] else {
      throw BenchError("not every row was stored: \(writer.statistics)")
    }
    return Measurement(
      seconds: stored.latency.inSeconds, keptSeconds: stored.keptLatency?.inSeconds,
      cpuSeconds: (writer.statistics.threadCPUTime - threadBefore).inSeconds,
      callerCPUSeconds: callerAfter - callerBefore)
  }

  func stop() async {
    await writer.stop()
    try? FileManager.default.removeItem(atPath: spoolPath)
  }

  private static func modelID(_ index: Int) -> ModelID {
    let digits = String(index)
    return ModelID("model-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
  }

  private static func threadCPUSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
