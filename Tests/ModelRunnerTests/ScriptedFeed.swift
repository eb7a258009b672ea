import Competition
import EventLoop
import Testing
import WebSocket

/// An orchestrator that sends what a test says, and closes when it says so.
final class ScriptedFeed: Sendable {
  /// What a client gets.
  enum Output: Sendable {
    case text(String)
    /// Bytes past the WebSocket protocol.
    case raw([UInt8])
    /// A close frame, then the end of the connection.
    case close
  }

  let port: UInt16
  private let thread: LoopThread
  private let door: LoopBound<FeedDoor>

  private init(_ port: UInt16, _ thread: LoopThread, _ door: LoopBound<FeedDoor>) {
    self.port = port
    self.thread = thread
    self.door = door
  }

  /// `script` gets the number of clients before this one and gives what is sent after the upgrade.
  static func start(_ script: @escaping @Sendable (Int) -> [Output]) async throws -> ScriptedFeed {
    let thread = try LoopThread(name: "feed")
    do {
      let door = try await LoopBound(on: thread) { try FeedDoor(script, on: $0) }
      return ScriptedFeed(await door.run { $0.port }, thread, door)
    } catch {
      await thread.stop()
      throw error
    }
  }

  /// The paths that clients have asked for, in order.
  func paths() async -> [String] { await door.run { $0.paths } }

  /// What clients have shown of themselves, in the same order.
  func authorizations() async -> [String?] { await door.run { $0.authorizations } }

  func stop() async -> Int {
    await door.run { $0.close() }
    return await thread.stop()
  }
}

private final class FeedDoor {
  private(set) var port: UInt16 = 0
  var paths: [String] = []
  var authorizations: [String?] = []
  private var listener: TCPListener?
  private var clients: [FeedGuest] = []

  init(_ script: @escaping (Int) -> [ScriptedFeed.Output], on loop: Loop) throws {
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let listener = try TCPListener(on: address, loop: loop) { [weak self] stream in
      guard let self else { return stream.close() }
      clients.append(
        FeedGuest(stream) { [weak self] path, authorization in
          guard let self else { return [] }
          paths.append(path)
          authorizations.append(authorization)
          return script(paths.count - 1)
        })
    }
    self.listener = listener
    port = listener.address.port
  }

  func close() {
    listener?.close()
    for client in clients { client.stream.close() }
  }
}

private final class FeedGuest: TCPStreamHandler {
  let stream: TCPStream
  private let socket = WebSocketConnection.server()
  private let script: (String, String?) -> [ScriptedFeed.Output]

  init(_ stream: TCPStream, _ script: @escaping (String, String?) -> [ScriptedFeed.Output]) {
    self.stream = stream
    self.script = script
    stream.handler = self
  }

  func streamDidConnect(_ stream: TCPStream) {}

  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    for event in socket.receive(bytes) {
      guard case .upgraded(let path) = event else { continue }
      for output in script(path, socket.authorization) { send(output) }
    }
    flush()
  }

  func streamDidDrain(_ stream: TCPStream) {}
  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) {}

  private func send(_ output: ScriptedFeed.Output) {
    switch output {
    case .text(let text): #expect(socket.sendText(text.utf8) == .queued)
    case .raw(let bytes):
      flush()
      if !stream.isWriteQueued { _ = stream.write(bytes) }
    case .close:
      socket.close(code: 1_001, reason: "going away")
      flush()
      stream.close()
    }
  }

  private func flush() {
    if !stream.isWriteQueued, socket.hasOutput { _ = stream.write(socket.takeOutput()) }
  }
}

/// One RUNNING entry of a feed.
func feedEntry(_ model: ModelDescription) -> String {
  """
  {"model_id":"\(model.modelID)","deployment_id":"\(model.deploymentID)","state":"RUNNING",\
  "ip":"\(model.host)","port":\(model.port),"infos":{}}
  """
}
