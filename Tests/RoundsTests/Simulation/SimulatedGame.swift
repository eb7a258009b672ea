import Competition
import Resilience
import Rounds

/// The state of one simulated world: its clocks, prices, models, configurations and storage, and
/// what they have found wrong with the loop. Everything random comes from one seeded generator.
struct SimulatedGame {
  struct Model {
    var running: RunningModel?
    /// Per asset, how many of the world's prices this process has acknowledged, in order.
    var acknowledged: [String: Int] = [:]
    /// The connection that the last tick was sent to.
    var tickedConnection: UInt64?
  }

  static let tickSeconds = 5
  static let timeout = Duration.seconds(4)
  static let stopGrace = Duration.seconds(1)
  static let allAssets = ["BTC", "ETH", "XAU"]

  var random: SplitMix64
  var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  var wallOffsetMicros: Int64 = 1_800_000_000_000_000
  var stopAt: MonotonicInstant
  var cutAt: MonotonicInstant?
  var stalledFor = Duration.zero

  var models: [ModelID: Model] = [:]
  var nextConnection: UInt64 = 1
  var nextModel = 1
  /// Everyone who must be rostered: the database's models and those that a tick was sent to.
  var known: Set<ModelID> = []
  /// The rows of `models` that storage has.
  var rows: [ModelID: ModelRow] = [:]

  /// Per asset, the seconds of all prices there are; the loop sees the first `visible` of them.
  var prices: [String: [Int64]] = [:]
  var visible: [String: Int] = [:]
  var configs: [PredictionConfig] = []

  var keptRounds = 0
  /// Rounds that a crash cut off and that were finished from what had arrived.
  var recoveredRounds = 0
  var crashCount = 0
  var isCrashed = false
  var openRound: OpenSimulatedRound?
  var ids: Set<String> = []
  var newestPerformedAt: UTCTime?
  /// Who must be called, who must have a record, and whose deployment is which, as of the last look
  /// at the running models.
  var expectedCalled: Set<ModelID>?
  var rosterAtOpening: Set<ModelID> = []
  var deploymentsAtOpening: [ModelID: String] = [:]
  /// The assets that the loop asked for last.
  var updatedAssets: Set<String> = []
  var groupsSinceTick: Set<String> = []
  var newestTickClosedAt: MonotonicInstant?
  /// When the last turn of each group was taken, by horizon.
  var turnTakenAt: [Int: MonotonicInstant] = [:]
  var callCount = 0
  var violations: [String] = []

  init(seed: UInt64, ticks: Int) {
    random = SplitMix64(seed: seed)
    stopAt = now.advanced(by: .seconds(Self.tickSeconds * ticks))
    for _ in 0..<Int.random(in: 0...4, using: &random) { join() }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let model = ModelID("old\(Int.random(in: 1...9, using: &random))")
      rows[model] = ModelRow(
        modelID: model, name: "old", deploymentID: "d0", playerID: "", playerName: "Unknown")
      known.insert(model)
      models[model] = Model()
    }
    for asset in Self.allAssets {
      let history = Int64.random(in: 0...15, using: &random)
      prices[asset] = (0..<history).map { 900 + $0 }
    }
    if prices["BTC"]?.isEmpty == true { prices["BTC"] = [900] }
    configs = [makeConfig("BTC", horizon: 60)]
    if chance(0.8) { configs.append(makeConfig("ETH", horizon: 60)) }
    if chance(0.5) { configs.append(makeConfig("XAU", horizon: 600)) }
  }

  mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < probability
  }

  mutating func makeConfig(_ asset: String, horizon: Int) -> PredictionConfig {
    PredictionConfig(
      id: "CFG_\(asset)\(horizon)",
      params: PredictionParams(asset: asset, horizonSeconds: horizon, stepSeconds: 10),
      intervalSeconds: horizon == 60 ? 12 : 40, active: true, order: configs.count)
  }

  var wall: UTCTime {
    UTCTime(microsecondsSinceEpoch: wallOffsetMicros + Int64(now.nanoseconds / 1_000))
  }

  var running: [RunningModel] {
    models.values.compactMap(\.running).sorted { $0.description.modelID < $1.description.modelID }
  }

  mutating func fail(_ text: String) {
    if violations.count < 5 { violations.append(text) }
  }

  // MARK: What happens by itself

  mutating func connect(_ id: ModelID, deployment: String) {
    let description = ModelDescription(
      modelID: id, deploymentID: deployment, infos: ModelInfos(modelName: "m-\(id)"),
      host: "127.0.0.1", port: 5_000)
    var model = models[id] ?? Model()
    model.running = RunningModel(description, connection: nextConnection)
    model.acknowledged = [:]
    nextConnection += 1
    models[id] = model
  }

  mutating func join() {
    connect(ModelID("m\(nextModel)"), deployment: "d1")
    nextModel += 1
  }

  /// Lets chance do something to the world: at most a few changes at a time.
  mutating func disturb() {
    if chance(0.15), models.count < 9 { join() }
    let ids = models.keys.sorted()
    for id in ids where chance(0.06) {
      if models[id]?.running == nil {
        connect(id, deployment: chance(0.5) ? "d1" : "d\(nextConnection)")
      } else if chance(0.4) {
        models[id]?.running = nil
        models[id]?.acknowledged = [:]
      } else {
        connect(id, deployment: chance(0.5) ? "d1" : "d\(nextConnection)")
      }
    }
    if chance(0.05) {
      let steps: [Int64] = [-3_600_000_000, 3_600_000_000, -1_500, -200_000]
      wallOffsetMicros += steps.randomElement(using: &random) ?? 0
    }
    if chance(0.04) {
      let asset = Self.allAssets.randomElement(using: &random) ?? "BTC"
      let config = makeConfig(asset, horizon: chance(0.5) ? 60 : 600)
      if configs.contains(where: { $0.id == config.id }) {
        configs.removeAll { $0.id == config.id }
      } else {
        configs.append(config)
      }
    }
  }

  /// Moves both clocks; prices of the seconds that pass come into being, some assets' now and then
  /// not.
  mutating func advance(to instant: MonotonicInstant) {
    guard instant > now else { return }
    let first = Int64(now.nanoseconds / 1_000_000_000) + 1
    let last = Int64(instant.nanoseconds / 1_000_000_000)
    now = instant
    guard first <= last else { return }
    for asset in Self.allAssets {
      for second in first...last where second > last - 40 && chance(0.4) {
        prices[asset, default: []].append(second)
      }
    }
  }
}
