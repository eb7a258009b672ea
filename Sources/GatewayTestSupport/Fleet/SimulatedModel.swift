internal import Competition
internal import EventLoop
internal import GRPC
internal import TLSEngine

/// One simulated model on a loop: its listener, its connections and the calls that it thinks about.
///
/// Like a real one it serves one call at a time: a second one is answered "Server busy".
final class SimulatedModel {
  let index: Int
  let behavior: ModelBehavior
  private let script: FaultScript?
  private var scriptedCounts: [FaultScript.Request: Int] = [:]
  private let loop: Loop
  private let replies: FleetReplies
  private let delay: () -> Duration
  private var listener: TCPListener?
  private var connections: [ObjectIdentifier: GRPCServerConnection] = [:]
  private var thinking: LoopTimer?
  private var isThinking = false
  private var pending:
    (
      connection: GRPCServerConnection, id: Int32, call: SimulatedCall, scripted: ScriptedAnswer?
    )?
  /// Its side of TLS and what its answers carry; nil serves without. Set before `open`.
  var identity: (context: TLSContext, metadata: [(name: String, value: String)])?
  /// What goes wrong with a call at random; nil: nothing. Set before `open`.
  var fault: (() -> ScriptedAnswer?)?
  private(set) var callCount = 0
  private(set) var requestBytes = 0

  init(
    index: Int, behavior: ModelBehavior, script: FaultScript?, replies: FleetReplies, on loop: Loop,
    delay: @escaping () -> Duration
  ) {
    self.index = index
    self.behavior = behavior
    self.script = script
    self.replies = replies
    self.loop = loop
    self.delay = delay
  }

  /// Starts to listen and returns the port; a refusing model only keeps it from others.
  func open(host: String, port: UInt16) throws(EventLoopError) -> UInt16 {
    guard let address = SocketAddress(host: host, port: port) else {
      throw EventLoopError(code: -22, during: "listen on \(host), which is not a numeric address")
    }
    let listener = try TCPListener(on: address, loop: loop, listens: behavior != .refusing) {
      [weak self] stream in
      guard let self, let connection = serve(stream) else { return stream.close() }
      connections[ObjectIdentifier(connection)] = connection
    }
    self.listener = listener
    return listener.address.port
  }

  /// Ends the model: its port refuses connections from now on.
  func close() {
    listener?.close()
    listener = nil
    for connection in connections.values { connection.close() }
    connections = [:]
    thinking?.close()
    thinking = nil
    pending = nil
  }

  private func serve(_ stream: TCPStream) -> GRPCServerConnection? {
    guard let identity else { return try? GRPCServerConnection(stream, on: loop, handler: self) }
    guard let transport = try? TLSTransport(accepted: stream, identity.context, on: loop),
      let connection = try? GRPCServerConnection(transport, on: loop, handler: self)
    else { return nil }
    connection.setInitialMetadata(identity.metadata)
    return connection
  }

  private func serve(_ request: ServerRequest, on connection: GRPCServerConnection) {
    callCount += 1
    requestBytes += request.byteCount
    if behavior == .hanging { return }
    let scripted = nextAnswer(to: .call) ?? fault?()
    if scripted == .hang { return }
    guard !isThinking else {
      return connection.fail(request.id, GRPCStatus(.resourceExhausted, "Server busy"))
    }
    let call = SimulatedCall(request.messageStart)
    var pause = delay()
    if case .slow(let time) = scripted { pause = time }
    guard pause > .zero else {
      if let scripted { return give(scripted, to: request.id, on: connection, call) }
      return answer(connection, request.id, call)
    }
    isThinking = true
    pending = (connection, request.id, call, scripted)
    if thinking == nil { thinking = LoopTimer(on: loop) { [weak self] in self?.thoughtIsOver() } }
    thinking?.arm(after: pause)
  }

  private func thoughtIsOver() {
    isThinking = false
    guard let (connection, id, call, scripted) = pending else { return }
    pending = nil
    if let scripted { return give(scripted, to: id, on: connection, call) }
    answer(connection, id, call)
  }

  private func answer(_ connection: GRPCServerConnection, _ id: Int32, _ call: SimulatedCall) {
    guard connections[ObjectIdentifier(connection)] != nil else { return }
    switch behavior {
    case .failing: connection.respond(id, with: FleetReplies.failed)
    case .nan where call.method == "predict": connection.respond(id, with: FleetReplies.nan)
    case .oversized: connection.respond(id, with: FleetReplies.oversized)
    case .garbage: connection.writeRaw(Array("this is not HTTP/2, is it?\n".utf8))
    case .resetting: drop(connection)
    default:
      connection.respond(id, with: goodAnswer(to: call))
      if behavior == .flapping { hangUp(connection) }
    }
  }

  private func goodAnswer(to call: SimulatedCall) -> SharedBytes {
    call.method == "predict"
      ? replies.prediction(stepCount: stepCount(call)) : FleetReplies.success
  }

  /// The script's answer to the next request of a kind; nil without a script.
  private func nextAnswer(to request: FaultScript.Request) -> ScriptedAnswer? {
    guard let script else { return nil }
    let number = scriptedCounts[request, default: 0] + 1
    scriptedCounts[request] = number
    return script.answer(to: request, number: number) ?? .success
  }

  /// Gives a script's answer; without a call it is one to Setup or to the health service.
  private func give(
    _ answer: ScriptedAnswer, to id: Int32, on connection: GRPCServerConnection,
    _ call: SimulatedCall?, success: SharedBytes = FleetReplies.success
  ) {
    let good = call.map { goodAnswer(to: $0) } ?? success
    switch answer {
    case .success, .slow: connection.respond(id, with: good)
    case .successThenClose:
      connection.respond(id, with: good)
      hangUp(connection)
    case .reply(let reply): connection.respond(id, with: reply.frame)
    case .hang: break
    case .status(let status): connection.fail(id, status.grpcStatus)
    case .reset: drop(connection)
    case .garbage: connection.writeRaw(Array("this is not HTTP/2, is it?\n".utf8))
    case .oversized: connection.respond(id, with: FleetReplies.oversized)
    case .notServing: connection.respond(id, with: FleetReplies.notServing)
    }
  }

  private func hangUp(_ connection: GRPCServerConnection) {
    connections[ObjectIdentifier(connection)] = nil
    connection.flushAndClose()
  }

  /// `predict(asset, horizon, step)` asks for horizon / step densities; Condor's day has 288.
  private func stepCount(_ call: SimulatedCall) -> Int {
    guard call.integers.count >= 2, call.integers[1] > 0 else { return 288 }
    return Int(min(100_000, max(1, call.integers[0] / call.integers[1])))
  }

  private func drop(_ connection: GRPCServerConnection) {
    connections[ObjectIdentifier(connection)] = nil
    connection.close()
  }
}

extension SimulatedModel: GRPCServerHandler {
  func connection(_ connection: GRPCServerConnection, didReceive request: ServerRequest) {
    switch request.path {
    case "/dynamic_subclass.DynamicSubclassService/Call": serve(request, on: connection)
    case "/dynamic_subclass.DynamicSubclassService/Setup":
      if behavior == .setupHanging { return }
      give(nextAnswer(to: .setup) ?? .success, to: request.id, on: connection, nil)
    case "/dynamic_subclass.DynamicSubclassService/Rest":
      connection.respond(request.id, with: FleetReplies.success)
    case "/grpc.health.v1.Health/Check":
      give(
        nextAnswer(to: .health) ?? .success, to: request.id, on: connection, nil,
        success: FleetReplies.serving)
    default:
      connection.fail(request.id, GRPCStatus(.unimplemented, "no method \(request.path)"))
    }
  }

  func connection(_ connection: GRPCServerConnection, didCancel id: Int32) {
    // The thought goes on, as a real model's would; only its answer has nobody to go to.
    if let pending, pending.connection === connection, pending.id == id { self.pending = nil }
  }

  func connectionDidClose(_ connection: GRPCServerConnection) {
    connections[ObjectIdentifier(connection)] = nil
    if pending?.connection === connection { pending = nil }
  }
}
