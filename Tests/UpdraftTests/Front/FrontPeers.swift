import Competition
import EventLoop
import GRPC
import GatewayTestSupport
import TLSEngine

/// Sends a number of bytes as HTTP/2 DATA frames as fast as they are taken.
struct Flood {
  private static let frame = WireFrame.bytes(
    0, stream: 1, [UInt8](repeating: 7, count: 16_000))
  private static let frames = (0..<16).flatMap { _ in frame }

  /// What one write has.
  static var pieceBytes: Int { frames.count }
  private(set) var left: Int

  init(pieces: Int) { left = pieces }

  /// The next bytes; nil when all have been given.
  mutating func next() -> [UInt8]? {
    guard left > 0 else { return nil }
    left -= 1
    return Self.frames
  }
}

/// The model's side of one connection of a front.
final class FrontModelPeer: TCPStreamHandler {
  let stream: TCPStream
  /// Bytes that have come.
  private(set) var receivedCount = 0
  /// Whether the front has ended the connection.
  private(set) var hasEnded = false
  private var flood = Flood(pieces: 0)
  private var closesAtEnd = false

  init(_ stream: TCPStream) {
    self.stream = stream
    stream.handler = self
  }

  /// Begins to send; at its end the connection is closed, if wanted.
  func send(pieces: Int, thenClose: Bool = false) {
    flood = Flood(pieces: pieces)
    closesAtEnd = thenClose
    goOn()
  }

  private func goOn() {
    while !stream.isClosed, !stream.isWriteQueued {
      guard let bytes = flood.next() else {
        if closesAtEnd { stream.close() }
        return
      }
      _ = stream.write(bytes)
    }
  }

  func streamDidConnect(_ stream: TCPStream) {}
  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    receivedCount += bytes.count
  }
  func streamDidDrain(_ stream: TCPStream) { goOn() }
  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) { hasEnded = true }
}

/// A coordinator's connection to a front.
final class FrontClientPeer: TransportHandler {
  let transport: TLSTransport
  private let loop: Loop
  /// Bytes that have come, decrypted.
  private(set) var receivedCount = 0
  /// Whether the connection is over, and why; an empty text is an end in order.
  private(set) var end: String?
  private var flood = Flood(pieces: 0)

  init(_ address: SocketAddress, _ context: TLSContext, on loop: Loop) throws {
    self.loop = loop
    transport = try TLSTransport(
      connectingTo: address, serverName: "model-node-7.crunchdao.internal", context, on: loop)
    transport.handler = self
  }

  func send(pieces: Int) {
    flood = Flood(pieces: pieces)
    goOn()
  }

  private func goOn() {
    while transport.isOpen, !transport.isWriteQueued, let bytes = flood.next() {
      let block = bytes.withUnsafeBytes { SharedBytes(copying: $0) }
      loop.gather.clear()
      loop.gather.append(referencing: block.bytes, in: block)
      _ = transport.write(loop.gather)
    }
  }

  func transportDidOpen(_ transport: any Transport) {}
  func transport(_ transport: any Transport, didRead bytes: UnsafeRawBufferPointer) {
    receivedCount += bytes.count
  }
  func transportDidDrain(_ transport: any Transport) { goOn() }
  func transport(_ transport: any Transport, didEnd failure: TransportFailure?) {
    end = failure.map { "\($0)" } ?? ""
  }
}
