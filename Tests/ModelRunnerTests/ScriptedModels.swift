import Competition
import EventLoop
import GatewayTestSupport
import ModelRunner
import Resilience
import Testing

@testable import GRPC

/// Answers one request of a scripted model; gets how many of that path came before it.
typealias ScriptedAnswer =
  @Sendable (_ connection: GRPCServerConnection, _ request: ServerRequest, _ earlier: Int) -> Void

/// Models on one loop whose every answer a test decides.
final class ScriptedModels: Sendable {
  let models: [ModelDescription]
  private let thread: LoopThread
  private let crowd: LoopBound<Crowd>

  private init(_ models: [ModelDescription], _ thread: LoopThread, _ crowd: LoopBound<Crowd>) {
    self.models = models
    self.thread = thread
    self.crowd = crowd
  }

  /// One model for each script, called `scripted-1`, `scripted-2` …
  static func start(_ scripts: [ScriptedAnswer]) async throws -> ScriptedModels {
    let thread = try LoopThread(name: "scripted")
    do {
      let crowd = try await LoopBound(on: thread) { try Crowd(scripts, on: $0) }
      let models = await crowd.run { $0.models.map(\.port) }.enumerated().map { index, port in
        ModelDescription(
          modelID: ModelID("scripted-\(index + 1)"), deploymentID: "1", infos: ModelInfos(),
          host: "127.0.0.1", port: port)
      }
      return ScriptedModels(models, thread, crowd)
    } catch {
      await thread.stop()
      throw error
    }
  }

  /// How many requests of each path a model has got.
  func counts(of index: Int) async -> [String: Int] { await crowd.run { $0.models[index].counts } }

  func stop() async -> Int {
    await crowd.run { crowd in for model in crowd.models { model.close() } }
    return await thread.stop()
  }

  /// Starts the models, their orchestrator and a cluster, runs `body`, stops all, checks the loops.
  static func play(
    _ scripts: [ScriptedAnswer], options change: (inout ClusterOptions) -> Void = { _ in },
    _ body: (ModelCluster, SimulatedOrchestrator, ScriptedModels) async throws -> Void
  ) async throws {
    let models = try await ScriptedModels.start(scripts)
    let outcome = await resultOf {
      try await follow(models.models, options: change) { try await body($0, $1, models) }
    }
    #expect(await models.stop() == 0)
    try outcome.get()
  }
}

/// Runs `body` with an orchestrator that publishes `models` and a cluster that follows it; stops
/// both, and checks that they left nothing open.
func follow(
  _ models: [ModelDescription], options change: (inout ClusterOptions) -> Void = { _ in },
  _ body: (ModelCluster, SimulatedOrchestrator) async throws -> Void
) async throws {
  let orchestrator = try await SimulatedOrchestrator.start(
    crunchID: "game", models: models, logger: quietLogger)
  let outcome = await resultOf {
    try await withCluster(port: orchestrator.port, options: change) { cluster in
      try await body(cluster, orchestrator)
    }
  }
  #expect(await orchestrator.stop() == 0)
  try outcome.get()
}

/// Runs `body` with a cluster that follows the orchestrator at `port`, and stops it.
func withCluster(
  port: UInt16, options change: (inout ClusterOptions) -> Void = { _ in },
  _ body: (ModelCluster) async throws -> Void
) async throws {
  var options = ClusterOptions(crunchID: "game", baseClass: "game.Base", logger: quietLogger)
  options.orchestratorHost = "127.0.0.1"
  options.orchestratorPort = port
  change(&options)
  let cluster = try await ModelCluster.start(options)
  let outcome = await resultOf { try await body(cluster) }
  #expect(await cluster.stop() == 0, "the cluster left handles open")
  try outcome.get()
}

private func resultOf(_ body: () async throws -> Void) async -> Result<Void, any Error> {
  do { return .success(try await body()) } catch { return .failure(error) }
}

private final class Crowd {
  private(set) var models: [ScriptedModel] = []

  init(_ scripts: [ScriptedAnswer], on loop: Loop) throws {
    for script in scripts { models.append(try ScriptedModel(script, on: loop)) }
  }
}

/// One of them, on a loop.
final class ScriptedModel: GRPCServerHandler {
  private(set) var counts: [String: Int] = [:]
  private(set) var port: UInt16 = 0
  private let script: ScriptedAnswer
  private var listener: TCPListener?
  private var connections: [GRPCServerConnection] = []

  init(_ script: @escaping ScriptedAnswer, on loop: Loop) throws {
    self.script = script
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let listener = try TCPListener(on: address, loop: loop) { [weak self] stream in
      guard let self, let connection = try? GRPCServerConnection(stream, on: loop, handler: self)
      else { return stream.close() }
      connections.append(connection)
    }
    self.listener = listener
    port = listener.address.port
  }

  func close() {
    listener?.close()
    for connection in connections { connection.close() }
    connections = []
  }

  func connection(_ connection: GRPCServerConnection, didReceive request: ServerRequest) {
    let name = String(request.path.split(separator: "/").last ?? "")
    let earlier = counts[name, default: 0]
    counts[name] = earlier + 1
    script(connection, request, earlier)
  }

  func connection(_ connection: GRPCServerConnection, didCancel id: Int32) {}
  func connectionDidClose(_ connection: GRPCServerConnection) {}
}

extension GRPCServerConnection {
  /// Answers with a `commons.Status` alone.
  func answer(_ id: Int32, _ code: String, _ message: String = "") {
    var writer = ProtobufWriter()
    writer.message(1) { status in
      status.text(1, code)
      status.text(2, message)
    }
    respond(id, with: GRPCFrame.encode(writer.bytes))
  }
}

extension ModelCluster {
  /// The first event from now on that `matches` takes something from.
  func first<Found>(_ matches: (ClusterEvent) -> Found?) async -> Found? {
    for await event in events {
      if let found = matches(event) { return found }
    }
    return nil
  }

  /// The next report that the cluster makes.
  func nextReport() async -> FailureReport? {
    await first { event -> FailureReport? in
      if case .modelReported(let report) = event { report } else { nil }
    }
  }
}

/// A model that works.
let goodModel: ScriptedAnswer = { connection, request, _ in connection.answer(request.id, "SUCCESS")
}
