// Calls every model of a fleet, round after round, and nothing else: what a call costs is counted
// from outside, as the difference between many rounds and few (Benchmarks/Python/counts.py).
import Competition
import Glibc
import Logging
import ModelRunner

@Sendable func end(_ message: String) -> Never {
  let line = "bench-counts: \(message)\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
  exit(2)
}

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard numbers.count == 3, let port = UInt16(exactly: numbers[0]), numbers[1] > 0, numbers[2] > 0
else { end("usage: bench-counts ORCHESTRATOR-PORT MODELS ROUNDS") }
let (modelCount, roundCount) = (numbers[1], numbers[2])

var options = ClusterOptions(
  crunchID: "counts", baseClass: "condorgame.tracker.TrackerBase",
  logger: Logger(label: "counts") { _ in SwiftLogNoOpLogHandler() })
options.orchestratorHost = "127.0.0.1"
options.orchestratorPort = port
// As the predict worker does, whose storage checks the answers.
options.checksReplies = false
options.seed = 1

/// Plays the rounds on `cluster`; how many calls succeeded.
@Sendable func play(_ cluster: ModelCluster, models: Int, rounds: Int) async throws -> Int {
  // No timer of Swift's: counts must not depend on how long the start takes.
  var readyCount = 0
  for await event in cluster.events {
    if case .modelReady = event { readyCount += 1 }
    if readyCount == models { break }
  }
  let call = try EncodedCall(
    "predict", [.init(.string("BTC")), .init(.int(86_400)), .init(.int(300))])
  var successCount = 0
  for _ in 0..<rounds {
    successCount += await cluster.call(.shared(call), timeout: .seconds(120)).count(.success)
  }
  await cluster.stop()
  return successCount
}

// An asynchronous main would leave the first thread to libdispatch, in a way that valgrind doesn't
// survive.
Task.detached { [options, modelCount, roundCount] in
  do {
    let cluster = try await ModelCluster.start(options)
    let count = try await play(cluster, models: modelCount, rounds: roundCount)
    guard count == modelCount * roundCount else {
      end("only \(count) of \(modelCount * roundCount) calls succeeded")
    }
    exit(0)
  } catch {
    end("\(error)")
  }
}
while true { pause() }
