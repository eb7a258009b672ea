import Competition
import GatewayTestSupport
import TLSEngine

/// An attacker on the wire between two TLS sessions: a handshake and one question with its answer,
/// of which one direction's bytes are changed at one place.
///
/// The first byte says what is changed (bit 0: the client's bytes, else the server's) and how (the
/// next two bits); the second cuts the bytes into pieces; two more are the place; the rest is what
/// the attacker writes.
final class TLSBytes: FuzzTarget {
  static let name = "tls"
  private static let question = [UInt8](repeating: 0x51, count: 20_000)
  private static let answer = [UInt8](repeating: 0x41, count: 3_000)
  private static let roundsMax = 1_000
  private let certificates: ScratchCertificates
  private let client: TLSContext
  private let server: TLSContext

  init() throws {
    certificates = try ScratchCertificates()
    client = try TLSContext(.client, certificates.issue("coordinator"))
    server = try TLSContext(.server, certificates.issueModel("1"))
  }

  func run(_ input: UnsafeRawBufferPointer) {
    guard let attack = Attack(input),
      let asking = try? TLSSession(
        client: client, serverName: "model-node-1.crunchdao.internal"),
      let answering = try? TLSSession(server: server)
    else { return }
    let asker = Talker(asking, says: Self.question, whenAsked: false)
    let answerer = Talker(answering, says: Self.answer, whenAsked: true)
    let wires = (
      out: Wire(attack.isOnClient ? attack : nil), back: Wire(attack.isOnClient ? nil : attack)
    )
    asker.attempt { try $0.start() }
    var rounds = 0
    while asking.hasOutput || answering.hasOutput, rounds < Self.roundsMax {
      answerer.feed(wires.out.carry(asker.takeOutput()), attack.pieceBytes)
      asker.feed(wires.back.carry(answerer.takeOutput()), attack.pieceBytes)
      rounds += 1
    }
    promise(rounds < Self.roundsMax, "the talk comes to an end")
    promise(Self.answer.starts(with: asker.heard), "the client hears what the server said")
    promise(Self.question.starts(with: answerer.heard), "the server hears what the client said")
    if !wires.out.hasTampered, !wires.back.hasTampered {
      promise(asker.heard.count == Self.answer.count, "an untouched talk is whole")
    }
    for session in [asking, answering] {
      _ = session.transportEnded()
      promise(session.state == .closed, "a session without connection is closed")
    }
  }

  static func seeds() -> [(name: String, bytes: [UInt8])] {
    [
      ("untouched", [0, 0, 0xFF, 0xFF]), ("server-hello", [0, 0, 0, 6, 0xFF]),
      ("server-flight", [0, 50, 2, 0, 1]), ("client-hello", [1, 1, 0, 40, 0x80]),
      ("inserted", [2, 0, 0, 0] + Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)),
      ("dropped", [4, 7, 3, 0, 9]), ("replaced", [6, 0, 0, 5, 2, 0xFF, 0xFF, 0xFF, 3, 3]),
      ("record", [1, 0, 0x20, 0, 1]), ("alert", [2, 0, 0, 0, 21, 3, 3, 0, 2, 2, 48]),
    ]
  }
}

/// What is changed on the wire.
private struct Attack {
  let isOnClient: Bool
  let mode: UInt8
  let pieceBytes: Int
  let place: Int
  let bytes: [UInt8]

  init?(_ input: UnsafeRawBufferPointer) {
    guard input.count >= 4 else { return nil }
    isOnClient = input[0] & 1 == 1
    mode = input[0] >> 1 & 3
    pieceBytes = input[1] == 0 ? .max : Int(input[1])
    place = Int(input[2]) << 8 | Int(input[3])
    bytes = Array(input[4...])
  }

  /// Changes `stream` at `index`.
  func apply(to stream: inout [UInt8], at index: Int) {
    switch mode {
    case 0:
      for (offset, byte) in bytes.enumerated() where index + offset < stream.count {
        stream[index + offset] ^= byte
      }
    case 1: stream.insert(contentsOf: bytes, at: index)
    case 2: stream.removeSubrange(index..<min(stream.count, index + bytes.count))
    default: stream.replaceSubrange(index..., with: bytes)
    }
  }
}

/// One direction of the connection.
private final class Wire {
  private let attack: Attack?
  private var position = 0
  private(set) var hasTampered = false

  init(_ attack: Attack?) { self.attack = attack }

  func carry(_ bytes: [UInt8]) -> [UInt8] {
    var carried = bytes
    if let attack, !hasTampered, attack.place < position + bytes.count {
      hasTampered = true
      attack.apply(to: &carried, at: attack.place - position)
    }
    position += bytes.count
    return carried
  }
}

/// One side: it says its piece when the session is open, or when it has heard something.
private final class Talker: TLSSessionHandler {
  private let session: TLSSession
  private let piece: [UInt8]
  private let waits: Bool
  private var hasSpoken = false
  private(set) var heard: [UInt8] = []

  init(_ session: TLSSession, says piece: [UInt8], whenAsked waits: Bool) {
    self.session = session
    self.piece = piece
    self.waits = waits
    session.handler = self
  }

  func attempt(_ body: (TLSSession) throws -> Void) {
    do { try body(session) } catch { promise(session.state == .closed, "a failure is the end") }
  }

  func feed(_ bytes: [UInt8], _ pieceBytes: Int) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(part.count)
      attempt { session in try part.withUnsafeBytes { try session.receive($0) } }
      speak()
    }
  }

  func takeOutput() -> [UInt8] {
    let gather = GatherBuffer()
    session.takeOutput(into: gather)
    return gather.segments.flatMap { Array($0.bytes) }
  }

  private func speak() {
    guard session.state == .open, !hasSpoken, !waits || !heard.isEmpty else { return }
    hasSpoken = true
    let block = piece.withUnsafeBytes { SharedBytes(copying: $0) }
    attempt { try $0.encrypt([GatherBuffer.Segment(bytes: block.bytes, owner: block)]) }
  }

  func sessionDidOpen(_ session: TLSSession) {}
  func session(_ session: TLSSession, didDecrypt bytes: UnsafeRawBufferPointer) { heard += bytes }
  func sessionDidEnd(_ session: TLSSession) {}
}
