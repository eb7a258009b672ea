import Benchmarking
import EventLoop

/// `updraft fleet` as a process of its own, so that its cost is not the client's.
///
/// Ended by `stop()`.
struct BenchFleet {
  let child: BenchChild
  /// The first model's port; the others follow when `inRow` was asked for.
  let port: Int
  /// The port of its orchestrator's feed.
  let orchestratorPort: Int

  /// Starts the plan's models; with `inRow` their ports follow one another, as peers want it.
  static func start(_ stage: BenchStage, inRow: Bool = false) async throws -> BenchFleet {
    let plan = stage.plan
    let port = inRow ? try BenchStage.freePorts(plan.models) : 0
    var words = [
      ProgramPath.own, "fleet", "--models", "\(plan.models)", "--port", "\(port)",
      "--orchestrator-port", "0", "--crunch", BenchStage.crunch, "--reply-bytes",
      "\(plan.replyBytes)", "--delay-ms", plan.delay, "--fail-fraction", "\(plan.failFraction)",
      "--hang-fraction", "\(plan.hangFraction)", "--reset-fraction", "\(plan.resetFraction)",
      "--fault-rate", "\(plan.faultRate)", "--seed", "\(plan.seed)",
    ]
    if let credentials = try await stage.credentials() {
      words += ["--tls-dir", credentials.fleet]
    }
    let child = try await BenchChild.start(words, name: "updraft fleet")
    do {
      let feed = try await child.line(saying: "ready") { line -> Int? in
        guard line.contains("models on ports"), let scheme = line.range(of: "ws://127.0.0.1:")
        else { return nil }
        return Int(line[scheme.upperBound...].prefix { $0.isWholeNumber })
      }
      return BenchFleet(child: child, port: port, orchestratorPort: feed)
    } catch {
      await child.stop()
      throw error
    }
  }

  /// CPU time so far, milliseconds.
  var cpuMillis: Double { (child.usage?.cpuSeconds ?? 0) * 1_000 }

  func stop() async { await child.stop() }
}
