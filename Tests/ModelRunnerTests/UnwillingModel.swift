import Competition
import EventLoop
import GRPC
import Testing

/// A model that answers Setup, then allows no further stream: no call ever leaves for it.
final class UnwillingModel: Sendable {
  let model: ModelDescription
  private let thread: LoopThread
  private let door: LoopBound<Door>

  private init(_ model: ModelDescription, _ thread: LoopThread, _ door: LoopBound<Door>) {
    self.model = model
    self.thread = thread
    self.door = door
  }

  static func start() async throws -> UnwillingModel {
    let thread = try LoopThread(name: "unwilling")
    let door = try await LoopBound(on: thread) { try Door(on: $0) }
    let model = ModelDescription(
      modelID: ModelID("unwilling"), deploymentID: "1", infos: ModelInfos(), host: "127.0.0.1",
      port: await door.run { $0.port })
    return UnwillingModel(model, thread, door)
  }

  func stop() async -> Int {
    await door.run { $0.close() }
    return await thread.stop()
  }
}

private final class Door: TCPStreamHandler {
  private var listener: TCPListener?
  private var streams: [TCPStream] = []
  private var received = 0
  private(set) var port: UInt16 = 0

  init(on loop: Loop) throws {
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let listener = try TCPListener(on: address, loop: loop) { [weak self] stream in
      guard let self else { return stream.close() }
      streams.append(stream)
      stream.handler = self
      _ = stream.write(frame(4))
    }
    self.listener = listener
    port = listener.address.port
  }

  func close() {
    listener?.close()
    for stream in streams { stream.close() }
  }

  func streamDidConnect(_ stream: TCPStream) {}

  /// The Setup of stream 1 is whole once the class's name has come.
  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("game.Base") else { return }
    var status = ProtobufWriter()
    status.message(1) { $0.text(1, "SUCCESS") }
    let block = GRPCFrame.encode(status.bytes)
    let message = withExtendedLifetime(block) { Array(block.bytes) }
    let head: [UInt8] = [0x88, 0x0F, 0x10, 16] + Array("application/grpc".utf8)
    let trailers: [UInt8] = [0x00, 11] + Array("grpc-status".utf8) + [1, 0x30]
    // MAX_CONCURRENT_STREAMS (3) becomes 0.
    _ = stream.write(
      frame(1, flags: 4, stream: 1, head) + frame(0, stream: 1, message)
        + frame(1, flags: 5, stream: 1, trailers) + frame(4, [0, 3, 0, 0, 0, 0]))
  }

  func streamDidDrain(_ stream: TCPStream) {}
  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) {}

  private func frame(
    _ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8] = []
  ) -> [UInt8] {
    [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream]
      + payload
  }
}
