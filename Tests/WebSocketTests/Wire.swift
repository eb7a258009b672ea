import Resilience

@testable import WebSocket

extension WebSocketConnection {
  /// Takes bytes in portions of 1 to `portionMax`, drawn from the generator.
  func receive(
    _ bytes: some Sequence<UInt8>, portionMax: Int, _ generator: inout SplitMix64
  ) -> [WebSocketEvent] {
    var rest = Array(bytes)[...]
    var events: [WebSocketEvent] = []
    while !rest.isEmpty {
      let portion = rest.prefix(Int.random(in: 1...portionMax, using: &generator))
      rest = rest.dropFirst(portion.count)
      events += portion.withUnsafeBytes { receive($0) }
    }
    return events
  }

  /// Takes bytes in one go.
  func receive(_ bytes: some Sequence<UInt8>) -> [WebSocketEvent] {
    Array(bytes).withUnsafeBytes { receive($0) }
  }

  /// Takes text in one go.
  func receive(text: String) -> [WebSocketEvent] { receive(text.utf8) }
}

/// A client and a server, joined by a wire that cuts their bytes into random portions.
struct Wire {
  let client: WebSocketConnection
  let server: WebSocketConnection
  private(set) var clientEvents: [WebSocketEvent] = []
  private(set) var serverEvents: [WebSocketEvent] = []
  private let portionMax: Int
  private var generator: SplitMix64

  init(
    path: String = "/condorgame", clientLimits: WebSocketLimits = WebSocketLimits(),
    serverLimits: WebSocketLimits = WebSocketLimits(), portionMax: Int = 1 << 20, seed: UInt64 = 1
  ) {
    client = .client(host: "localhost", port: 9091, path: path, limits: clientLimits)
    server = .server(limits: serverLimits)
    self.portionMax = portionMax
    generator = SplitMix64(seed: seed)
  }

  /// A wire whose ends have shaken hands.
  static func open(
    clientLimits: WebSocketLimits = WebSocketLimits(),
    serverLimits: WebSocketLimits = WebSocketLimits(), portionMax: Int = 1 << 20, seed: UInt64 = 1
  ) -> Wire {
    var wire = Wire(
      clientLimits: clientLimits, serverLimits: serverLimits, portionMax: portionMax, seed: seed)
    wire.run()
    _ = wire.takeEvents()
    return wire
  }

  /// Carries bytes both ways until there are none.
  mutating func run() {
    while client.hasOutput || server.hasOutput {
      let up = client.takeOutput()
      serverEvents += server.receive(up, portionMax: portionMax, &generator)
      let down = server.takeOutput()
      clientEvents += client.receive(down, portionMax: portionMax, &generator)
    }
  }

  /// Hands over what has happened since the last call.
  mutating func takeEvents() -> (client: [WebSocketEvent], server: [WebSocketEvent]) {
    defer { (clientEvents, serverEvents) = ([], []) }
    return (clientEvents, serverEvents)
  }
}

/// A hand-made frame; `mask` nil for an unmasked one.
func frame(
  _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, reserved: UInt8 = 0,
  mask: [UInt8]? = [1, 2, 3, 4], claimedByteCount: UInt64? = nil
) -> [UInt8] {
  let byteCount = claimedByteCount ?? UInt64(payload.count)
  var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
  let maskBit: UInt8 = mask == nil ? 0 : 0x80
  if byteCount < 126 {
    bytes.append(maskBit | UInt8(byteCount))
  } else if byteCount < 1 << 16 {
    bytes += [maskBit | 126, UInt8(byteCount >> 8), UInt8(byteCount & 0xFF)]
  } else {
    bytes.append(maskBit | 127)
    bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: byteCount >> ($0 * 8)) }
  }
  guard let mask else { return bytes + payload }
  return bytes + mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
}

/// A good upgrade request, some of its lines replaced or removed.
func request(
  start: String = "GET /condorgame HTTP/1.1", _ changes: [String: String?] = [:],
  adding extra: [String] = []
) -> String {
  let fields: [(String, String)] = [
    ("Host", "localhost:9091"), ("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
  ]
  var lines = [start]
  for (name, value) in fields {
    if let change = changes[name] {
      if let change { lines.append("\(name): \(change)") }
    } else {
      lines.append("\(name): \(value)")
    }
  }
  return (lines + extra).joined(separator: "\r\n") + "\r\n\r\n"
}

/// A server that has accepted a client, its answer taken.
func openServer(limits: WebSocketLimits = WebSocketLimits()) -> WebSocketConnection {
  let server = WebSocketConnection.server(limits: limits)
  _ = server.receive(text: request())
  _ = server.takeOutput()
  return server
}
