import Competition
import Glibc
import Storage

/// Updraft's way: the `RoundWriter` of the predict worker.
final class OurStore {
  private let writer: RoundWriter
  private var stored: AsyncStream<StoredRound>.Iterator
  private let answers: [ByteView]
  private let models: [ModelRow]

  init(_ configuration: DatabaseConfiguration, answers: [ByteView]) async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: StoredRound.self)
    stored = stream.makeAsyncIterator()
    self.answers = answers
    models = answers.indices.map { index in
      ModelRow(
        modelID: Self.modelID(index), name: "", deploymentID: "", playerID: "",
        playerName: "Unknown")
    }
    writer = try RoundWriter(configuration) { continuation.yield($0) }
    let report = try await writer.perform { try SchemaInitializer($0).initializeDatabase() }
    guard report.compression == .set else { throw BenchError("lz4 is not set: \(report)") }
    let models = models
    _ = try await writer.perform { try ModelTable($0).upsert(models) }
  }

  /// Stores one round and waits for its commit.
  func store(_ performedAt: UTCTime) async throws -> Measurement {
    let params = PredictionParams(
      asset: "BTC", horizonSeconds: Answers.stepCount * 300, stepSeconds: 300)
    let records = answers.enumerated().map { index, answer in
      PredictionRecord(
        modelID: Self.modelID(index), params: params, status: .success, execTimeMicros: 1_234.5,
        distributions: answer, performedAt: performedAt, detail: nil)
    }
    let round = RoundRecord(
      params: params, performedAt: performedAt, wallTime: .seconds(1), models: [],
      records: records)
    let threadBefore = writer.statistics.threadCPUTime
    let callerBefore = Self.threadCPUSeconds()
    writer.enqueue(round)
    let callerAfter = Self.threadCPUSeconds()
    guard let stored = await stored.next(), stored.counts == [.success: records.count] else {
      throw BenchError("not every row was stored: \(writer.statistics)")
    }
    return Measurement(
      seconds: stored.latency.inSeconds,
      cpuSeconds: (writer.statistics.threadCPUTime - threadBefore).inSeconds,
      callerCPUSeconds: callerAfter - callerBefore)
  }

  func stop() async { await writer.stop() }

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

/// Why a benchmark gave no result.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
