import Competition

@testable import HTTP2

/// Collects what one side of a connection is told, and lets a test act inside the events.
final class Witness: HTTP2Handler {
  var headers: [Int32: [String]] = [:]
  var bodies: [Int32: [UInt8]] = [:]
  var trailerCount = 0
  var ended: [Int32] = []
  var closed: [Int32: [UInt32]] = [:]
  var goAways: [(last: Int32, code: UInt32, reason: String)] = []
  var settingsCount = 0
  var pingAnswerCount = 0
  var onEnd: (Int32) -> Void = { _ in }

  func stream(
    _ id: Int32, didReceiveHeader name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
  ) {
    let field = String(decoding: name, as: UTF8.self) + "=" + String(decoding: value, as: UTF8.self)
    headers[id, default: []].append(field)
  }

  func streamDidReceiveHead(_ id: Int32, isTrailer: Bool) { if isTrailer { trailerCount += 1 } }

  func stream(_ id: Int32, didReceiveData bytes: UnsafeRawBufferPointer) {
    bodies[id, default: []].append(contentsOf: bytes)
  }

  func streamDidEndRemotely(_ id: Int32) {
    ended.append(id)
    onEnd(id)
  }

  func stream(_ id: Int32, didCloseWith errorCode: UInt32) {
    closed[id, default: []].append(errorCode)
  }

  func sessionDidReceiveGoAway(lastStreamID: Int32, errorCode: UInt32, reason: String) {
    goAways.append((lastStreamID, errorCode, reason))
  }

  func sessionDidReceiveSettings() { settingsCount += 1 }
  func sessionDidReceivePingAnswer() { pingAnswerCount += 1 }
}

/// A client and a server back to back, without a socket: bytes go over in pieces of random size.
struct SessionPair {
  let client: HTTP2Session
  let server: HTTP2Session
  let atClient = Witness()
  let atServer = Witness()
  /// Everything that either side has sent, in order.
  var fromClient: [UInt8] = []
  var fromServer: [UInt8] = []
  private var random: Dice
  private let gather = GatherBuffer()

  init(seed: UInt64 = 1) throws {
    client = try HTTP2Session(role: .client)
    server = try HTTP2Session(role: .server)
    client.handler = atClient
    server.handler = atServer
    random = Dice(state: seed)
  }

  /// Moves bytes both ways until neither side has anything to say.
  mutating func run() throws {
    while client.wantsWrite || server.wantsWrite {
      let toServer = try produce(client)
      fromClient += toServer
      try deliver(toServer, to: server)
      let toClient = try produce(server)
      fromServer += toClient
      try deliver(toClient, to: client)
      if toServer.isEmpty, toClient.isEmpty { return }
    }
  }

  /// All that `session` has to say now, taken in as many gather buffers as it needs.
  func produce(_ session: HTTP2Session) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      gather.clear()
      try session.produce(into: gather)
      if gather.isEmpty { return all }
      for segment in gather.segments { all.append(contentsOf: segment.bytes) }
    }
  }

  /// Feeds bytes in pieces of 1 to 40,000 bytes.
  mutating func deliver(_ bytes: [UInt8], to session: HTTP2Session) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, random.size())
      try Array(rest.prefix(count)).withUnsafeBytes { try session.receive($0) }
      rest = rest.dropFirst(count)
    }
  }
}

/// A small seeded generator (Knuth's linear congruential one), the same on every machine.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }

  /// Mostly small pieces, sometimes large ones.
  mutating func size() -> Int {
    Int.random(in: 0..<4, using: &self) == 0
      ? Int.random(in: 1...40_000, using: &self) : Int.random(in: 1...600, using: &self)
  }
}

/// One frame as it lies in a byte stream.
struct Frame {
  let type: UInt8
  let flags: UInt8
  let stream: Int
  let payload: ArraySlice<UInt8>

  /// The whole frames in `bytes`, behind the client's preface if there is one.
  static func all(in bytes: [UInt8]) -> [Frame] {
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    var offset = bytes.starts(with: preface) ? preface.count : 0
    var frames: [Frame] = []
    while offset + 9 <= bytes.count {
      let length = bytes[offset..<offset + 3].reduce(0) { $0 << 8 | Int($1) }
      let stream = bytes[offset + 5..<offset + 9].reduce(0) { $0 << 8 | Int($1) }
      guard offset + 9 + length <= bytes.count else { break }
      frames.append(
        Frame(
          type: bytes[offset + 3], flags: bytes[offset + 4], stream: stream,
          payload: bytes[offset + 9..<offset + 9 + length]))
      offset += 9 + length
    }
    return frames
  }
}

/// A block of `count` bytes with a pattern that shows any byte out of place: its period is a prime,
/// larger than a frame.
func patternBlock(_ count: Int) -> SharedBytes {
  let block = SharedBytes(capacity: count)
  while block.free > 0 { pattern.withUnsafeBytes { _ = block.append($0) } }
  return block
}

private let pattern = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

let requestHead = HeaderBlock([
  (":method", "POST"), (":scheme", "http"), (":path", "/a.B/C"), ("te", "trailers"),
])
let authority = HeaderBlock([(":authority", "model:50051")])
let responseHead = HeaderBlock([(":status", "200"), ("content-type", "application/grpc")])
let okTrailers = HeaderBlock([("grpc-status", "0")])

extension SharedBytes {
  /// A copy of the bytes.
  var array: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }
}
