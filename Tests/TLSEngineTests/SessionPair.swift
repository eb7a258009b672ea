import Competition
import GatewayTestSupport
import TLSEngine
import Testing

/// A client's and a server's session, joined by hand.
final class SessionPair {
  let client: Side
  let server: Side

  init(
    client: TLSFiles, server: TLSFiles, name: String = "model-node-7.crunchdao.internal"
  ) throws {
    self.client = Side(try TLSSession(client: TLSContext(.client, client), serverName: name))
    self.server = Side(try TLSSession(server: TLSContext(.server, server)))
  }

  /// Carries bytes both ways in pieces of `pieceBytes` until neither side has anything to say.
  func talk(pieceBytes: Int = .max) {
    client.attempt { try $0.start() }
    while client.session.hasOutput || server.session.hasOutput {
      server.feed(client.takeOutput(), pieceBytes)
      client.feed(server.takeOutput(), pieceBytes)
    }
  }
}

/// One session, what it was told and why it failed.
final class Side: TLSSessionHandler {
  let session: TLSSession
  private(set) var error: TLSError?
  private(set) var received: [UInt8] = []
  private(set) var openCount = 0
  private(set) var endCount = 0
  var onDecrypt: (TLSSession) -> Void = { _ in }

  init(_ session: TLSSession) {
    self.session = session
    session.handler = self
  }

  func attempt(_ body: (TLSSession) throws -> Void) {
    do { try body(session) } catch {
      #expect(error is TLSError)
      self.error = self.error ?? error as? TLSError
    }
  }

  func feed(_ bytes: [UInt8], _ pieceBytes: Int = .max) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(pieceBytes)
      rest = rest.dropFirst(piece.count)
      attempt { session in try Array(piece).withUnsafeBytes { try session.receive($0) } }
    }
  }

  func say(_ bytes: [UInt8]) {
    let block = bytes.withUnsafeBytes { SharedBytes(copying: $0) }
    attempt { try $0.encrypt([GatherBuffer.Segment(bytes: block.bytes, owner: block)]) }
  }

  func takeOutput() -> [UInt8] {
    let gather = GatherBuffer()
    session.takeOutput(into: gather)
    return gather.segments.flatMap { Array($0.bytes) }
  }

  func sessionDidOpen(_ session: TLSSession) { openCount += 1 }
  func session(_ session: TLSSession, didDecrypt bytes: UnsafeRawBufferPointer) {
    received += bytes
    onDecrypt(session)
  }
  func sessionDidEnd(_ session: TLSSession) { endCount += 1 }
}

/// The certificates of a coordinator and of model 7, which trust each other.
struct Credentials {
  let certificates: ScratchCertificates
  let client: TLSFiles
  let model: TLSFiles

  init(key: ScratchCertificates.Key = .ec) throws {
    certificates = try ScratchCertificates()
    client = try certificates.issue("coordinator", key: key)
    model = try certificates.issueModel("7", key: key)
  }

  func pair() throws -> SessionPair { try SessionPair(client: client, server: model) }
}
