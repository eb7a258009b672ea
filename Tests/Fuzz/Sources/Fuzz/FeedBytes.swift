import Competition
@testable import ModelRunner
@testable import Orchestration
@testable import WebSocket

/// What an orchestrator sends: WebSocket bytes → messages → the list of models.
///
/// The first byte cuts the rest into pieces. Of the rest, the first byte is 0 when frames follow,
/// to which a good upgrade is put in front; else the answer to the upgrade follows, in which
/// `ACCEPT` stands for the right key.
struct FeedBytes: FuzzTarget {
  static let name = "feed"
  private static let limits = WebSocketLimits(messageBytesMax: 4 << 10)
  private static let modelsMax = 6

  func run(_ input: UnsafeRawBufferPointer) {
    guard let pieces = Pieces(input), let mode = pieces.rest.first else { return }
    let sent = Array(pieces.rest.dropFirst())
    let history = Self.history(of: sent, upgrades: mode == 0) { bytes, body in
      pieces.each(of: bytes, body)
    }
    if pieces.pieceBytes > 0 {
      let whole = Self.history(of: sent, upgrades: mode == 0) { bytes, body in body(bytes) }
      promise(
        history.lines == whole.lines,
        "the cut changes nothing: \(history.lines) instead of \(whole.lines)")
    }
    var directory = ModelDirectory(modelsMax: Self.modelsMax)
    var connected: Set<ModelID> = []
    for text in history.texts {
      guard let message = try? OrchestratorMessage(text) else { continue }
      Self.follow(message, &directory, &connected)
    }
  }

  private static func history(
    of sent: [UInt8], upgrades: Bool,
    _ feed: (UnsafeRawBufferPointer, (UnsafeRawBufferPointer) -> Void) -> Void
  ) -> SocketHistory {
    let socket = WebSocketConnection.client(host: "h", port: 1, path: "/c", limits: limits)
    let accept = acceptText(for: socket.takeOutput())
    let head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"
    let bytes = upgrades ? Array(head.utf8) + sent : replacing("ACCEPT", with: accept, in: sent)
    var history = SocketHistory()
    bytes.withUnsafeBytes { raw in
      feed(raw) { piece in
        for event in socket.receive(piece) { history.add(event) }
      }
    }
    for event in socket.transportEnded() { history.add(event) }
    promise(socket.isClosed, "a connection without transport is over")
    return history
  }

  private static func acceptText(for request: [UInt8]) -> String {
    let name = "Sec-WebSocket-Key: "
    let line = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
      .first { $0.hasPrefix(name) }
    let key = line.map { String($0.dropFirst(name.count)) } ?? ""
    return (try? UpgradeKey.accept(for: key)) ?? ""
  }

  /// Puts the text in place of the mark, if that stands in the head: the key differs each time.
  private static func replacing(_ mark: String, with text: String, in bytes: [UInt8]) -> [UInt8] {
    let mark = Array(mark.utf8)
    let blankLine = Array("\r\n\r\n".utf8)
    let headEnd = bytes.indices.first { bytes[$0...].starts(with: blankLine) } ?? bytes.endIndex
    let place = bytes[..<headEnd].indices.first { bytes[$0..<headEnd].starts(with: mark) }
    guard let place else { return bytes }
    return bytes[..<place] + Array(text.utf8) + bytes[(place + mark.count)...]
  }

  /// Applies a message twice and checks that the changes lead where the directory is.
  private static func follow(
    _ message: OrchestratorMessage, _ directory: inout ModelDirectory,
    _ connected: inout Set<ModelID>
  ) {
    let (changes, refused) = directory.apply(message)
    for change in changes {
      switch change {
      case .open(let model): connected.insert(model.modelID)
      case .refresh(let model):
        promise(connected.contains(model.modelID), "a refreshed model was opened before")
      case .close(let id, _):
        promise(connected.remove(id) != nil, "a closed model was opened before")
      }
    }
    promise(connected == Set(directory.models.keys), "the changes lead to the directory")
    promise(directory.models.count <= modelsMax, "the limit of models holds")
    guard refused.isEmpty else { return }
    let before = directory.models
    let again = directory.apply(message)
    promise(
      again.changes.isEmpty && directory.models == before,
      "the same message again changes nothing, got \(again.changes)")
  }
}

extension FeedBytes {
  static func seeds() -> [(name: String, bytes: [UInt8])] {
    let entries = (0..<3).map { index in
      FeedEntry(
        ModelDescription(
          modelID: ModelID("\(index)"), deploymentID: "\(index)_20261122_120000_000",
          infos: ModelInfos(
            modelName: "gauss", cruncherID: "c\(index)", cruncherName: "Ada",
            cruncherWalletPublicKey: nil, cruncherHotkey: nil),
          host: "127.0.0.1", port: 5_000 + UInt16(index)),
        state: index == 2 ? .recovering : .running)
    }
    let messages =
      FeedMessage.encode(.initial, entries)
      + FeedMessage.encode(.update, [entries[1], entries[1], entries[2]])
    let short =
      #"{"event":"update","data":[{"model_id":"0","deployment_id":"d","#
      + #""state":"STOPPED"},{"model_id":7,"deployment_id":"e","state":"RUNNING","#
      + #""ip":"::1","port":"9"}]}"#
    let socket = WebSocketConnection.server()
    let request =
      "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    _ = Array(request.utf8).withUnsafeBytes { socket.receive($0) }
    _ = socket.takeOutput()
    for message in messages { _ = socket.sendText(message) }
    let exchange = socket.takeOutput()
    _ = socket.sendText(short.utf8)
    socket.sendPing()
    let small = socket.takeOutput()
    socket.close(code: 1_001, reason: "bye ü")
    let close = socket.takeOutput()
    let head = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return [
      ("exchange", [0, 0] + exchange + small + close), ("pieces", [7, 0] + exchange),
      ("small", [0, 0] + small), ("close", [1, 0] + close),
      ("upgrade", [3, 1] + Array((head + "Sec-WebSocket-Accept: ACCEPT\r\n\r\n").utf8) + small),
      (
        "refusal",
        [0, 1] + Array("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 3\r\n\r\nno\n".utf8)
      ),
    ]
  }
}
