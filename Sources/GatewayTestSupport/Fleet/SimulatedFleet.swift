public import Competition
internal import EventLoop
internal import Resilience

/// N simulated models in this process, on one loop of their own.
public final class SimulatedFleet: Sendable {
  /// The models as an orchestrator would describe them. Shape: [modelCount].
  public let models: [ModelDescription]
  /// What each one does. Shape: [modelCount].
  public let behaviors: [ModelBehavior]
  private let thread: LoopThread
  private let crowd: LoopBound<SimulatedCrowd>

  private init(
    _ thread: LoopThread, _ crowd: LoopBound<SimulatedCrowd>, _ models: [ModelDescription],
    _ behaviors: [ModelBehavior]
  ) {
    self.thread = thread
    self.crowd = crowd
    self.models = models
    self.behaviors = behaviors
  }

  /// Starts the crowd.
  ///
  /// - Throws: `EventLoopError` when a port is taken or no descriptor is left.
  public static func start(_ options: FleetOptions) async throws -> SimulatedFleet {
    let thread = try LoopThread(name: "fleet")
    do {
      let crowd = try await LoopBound(on: thread) { try SimulatedCrowd(options, on: $0) }
      let ports = await crowd.run { $0.ports }
      let behaviors = await crowd.run { $0.models.map(\.behavior) }
      let models = ports.enumerated().map { index, port in
        let id = options.modelID(index)
        return ModelDescription(
          modelID: id, deploymentID: "\(id)-1",
          infos: ModelInfos(
            modelName: id.rawValue, cruncherID: "cruncher-\(index + 1)",
            cruncherName: "Cruncher \(index + 1)",
            cruncherWalletPublicKey: options.identity?.wallet,
            cruncherHotkey: options.identity?.hotkey),
          host: "127.0.0.1", port: port)
      }
      return SimulatedFleet(thread, crowd, models, behaviors)
    } catch {
      await thread.stop()
      throw error
    }
  }

  /// Ends one model: its connections break, its port refuses new ones.
  public func stopModel(_ index: Int) async { await crowd.run { $0.models[index].close() } }

  /// How many calls each model has been asked. Shape: [modelCount].
  public func callCounts() async -> [Int] { await crowd.run { $0.models.map(\.callCount) } }

  /// Bytes of all requests received by all models, with their prefixes.
  public func requestBytes() async -> Int {
    await crowd.run { $0.models.reduce(0) { $0 + $1.requestBytes } }
  }

  /// Ends all models and their loop.
  ///
  /// - Returns: The number of loop handles that had been left open.
  @discardableResult
  public func stop() async -> Int {
    await crowd.run { crowd in for model in crowd.models { model.close() } }
    return await thread.stop()
  }
}

/// The crowd on its loop.
private final class SimulatedCrowd {
  private(set) var models: [SimulatedModel] = []
  private(set) var ports: [UInt16] = []

  init(_ options: FleetOptions, on loop: Loop) throws(EventLoopError) {
    var random = SplitMix64(seed: options.seed)
    let behaviors = assignBehaviors(options, using: &random)
    let replies = FleetReplies(replyBytes: options.replyBytes)
    for (index, behavior) in behaviors.enumerated() {
      var own = SplitMix64(seed: options.seed &+ UInt64(index) &* 0x9e37_79b9)
      let model = SimulatedModel(
        index: index, behavior: options.scripts[index] == nil ? behavior : .healthy,
        script: options.scripts[index], replies: replies, on: loop,
        delay: { options.delay.sample(using: &own) })
      if options.faultRate > 0 {
        var luck = SplitMix64(seed: options.seed &+ UInt64(index) &* 0x85eb_ca6b)
        model.fault = { randomFault(rate: options.faultRate, using: &luck) }
      }
      if let identity = options.identity {
        model.identity = (identity.context, identity.metadata(options.modelID(index)))
      }
      models.append(model)
      let port = options.basePort == 0 ? 0 : options.basePort + UInt16(index)
      do {
        ports.append(try model.open(host: "127.0.0.1", port: port))
      } catch {
        for model in models { model.close() }
        throw error
      }
    }
  }
}

/// What goes wrong with a call; nil when nothing does.
private func randomFault(
  rate: Double, using random: inout SplitMix64
) -> ScriptedAnswer? {
  guard Double.random(in: 0..<1, using: &random) < rate else { return nil }
  let faults: [ScriptedAnswer] = [.reply(.modelFailed), .hang, .reset]
  return faults.randomElement(using: &random)
}

/// Deals each misbehaviour's share of the crowd out at random, rounded down.
private func assignBehaviors(
  _ options: FleetOptions, using random: inout SplitMix64
) -> [ModelBehavior] {
  var behaviors: [ModelBehavior] = []
  for behavior in ModelBehavior.allCases {
    let share = options.fractions[behavior] ?? 0
    behaviors += repeatElement(behavior, count: Int(share * Double(options.modelCount) + 1e-9))
  }
  behaviors = Array(behaviors.prefix(options.modelCount))
  behaviors += repeatElement(.healthy, count: options.modelCount - behaviors.count)
  return behaviors.shuffled(using: &random)
}
