// A small coordinator: it follows an orchestrator's models, tells them prices, asks for predictions
// every few seconds, and prints what each one gave.
//
//   swift run swift-coordinator [HOST [PORT [CRUNCH_ID [BASE_CLASS [ROUNDS]]]]]
import Competition
import Logging
import ModelRunner

let words = Array(CommandLine.arguments.dropFirst())
func word(_ index: Int, _ fallback: String) -> String {
  index < words.count ? words[index] : fallback
}

// Where the orchestrator is, and which class every model must derive from. Everything else has a
// default: reconnects, the circuit breaker, limits. `seed` makes the jitters repeatable.
var options = ClusterOptions(
  crunchID: word(2, "condorgame"), baseClass: word(3, "condorgame.tracker.TrackerBase"),
  logger: Logger(label: "coordinator"))
options.orchestratorHost = word(0, "localhost")
options.orchestratorPort = UInt16(word(1, "9091")) ?? 9_091
let roundCount = Int(word(4, "10")) ?? 10

// The cluster connects by itself from here on: models join, move and leave while it runs.
let cluster = try await ModelCluster.start(options)

// What happens between calls. The same lines go to the log; here only two of them are of interest.
let watch = Task {
  for await event in cluster.events {
    switch event {
    case .modelReady(let model): print("+ \(model.modelID) at \(model.host):\(model.port)")
    case .modelClosed(let model, let reason): print("- \(model.modelID): \(reason)")
    default: break
    }
  }
}

if await !cluster.waitForModels(atMost: .seconds(30)) {
  print("no orchestrator yet; the rounds begin without models")
}

// A model behind a new connection may have forgotten what it was told: it gets the history, the
// others only what is new. The closure of `.perModel` decides per model; calls that share an
// `EncodedCall` are encoded once and sent from the same bytes.
var price = 60_000.0
var history: [String] = []
var told: [ModelID: UInt64] = [:]

for number in 1...max(1, roundCount) {
  let start = MonotonicInstant.now()
  price *= Double.random(in: 0.999...1.001)
  let point = "[\(UTCTime.now().microsecondsSinceEpoch / 1_000_000),\(price)]"
  history.append(point)

  let connections = Dictionary(
    uniqueKeysWithValues: await cluster.models().map { ($0.description.modelID, $0.connection) })
  let news = try EncodedCall("tick", [CallArgument(.json("{\"BTC\":[\(point)]}"))])
  let all = try EncodedCall(
    "tick", [CallArgument(.json("{\"BTC\":[\(history.joined(separator: ","))]}"))])
  let known = told
  let tick = await cluster.call(
    .perModel { model in
      let id = model.modelID
      return known[id] != nil && known[id] == connections[id] ? news : all
    }, timeout: .seconds(5))
  for result in tick.results where result.status == .success {
    told[result.model.modelID] = connections[result.model.modelID]
  }

  // One result per model, by the deadline, whatever the models do.
  let round = try await cluster.call(
    "predict", [CallArgument(.string("BTC")), CallArgument(.int(60)), CallArgument(.int(20))],
    timeout: .seconds(5))
  print("\nround \(number): \(round.count(.success)) of \(round.results.count) predicted")
  for result in round.results {
    // A value is typed; its text is what the model sent. A bad one throws and stays with its model.
    let text = (try? result.value?.jsonText())?.lossyText ?? result.detail ?? "no value"
    let millis = (result.execTimeMicros / 100).rounded() / 10
    print("  \(result.model.modelID)\t\(result.status)\t\(millis) ms\t\(text.prefix(60))")
  }

  if number >= roundCount { break }
  let rest = Duration.seconds(3) - MonotonicInstant.now().since(start)
  if rest > .zero { try await Task.sleep(for: rest) }
}

// Ends the connections and the threads; `watch` ends with the events.
await cluster.stop()
await watch.value
