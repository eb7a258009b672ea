import Competition
import GatewayTestSupport
import Orchestration

/// A model that is set up like any other one and answers every call by a script of raw bytes.
struct HostileModel: Sendable {
  /// What it does with a call on a stream, and whether it goes on to the next one.
  typealias Script = @Sendable (BlockingConnection, UInt8) -> Bool

  let name: String
  /// What the detail of its results must say, in one of the rounds at least.
  let detail: String
  private let script: Script

  init(_ name: String, detail: String, _ script: @escaping Script) {
    self.name = name
    self.detail = detail
    self.script = script
  }

  /// A model that sends some bytes as its answer, then waits for the next call.
  init(_ name: String, detail: String, sends bytes: @escaping @Sendable (UInt8) -> [UInt8]) {
    self.init(name, detail: detail) { connection, stream in connection.send(bytes(stream)) }
  }

  /// A model that sends `first`, then `again` for ever.
  init(
    floods name: String, detail: String,
    first: @escaping @Sendable (UInt8) -> [UInt8] = { _ in [] },
    again: @escaping @Sendable (UInt8) -> [UInt8]
  ) {
    self.init(name, detail: detail) { connection, stream in
      connection.send(first(stream))
      connection.flood(again(stream))
      return false
    }
  }

  /// Listens, and serves connections until it is stopped.
  func start() throws -> BlockingPeer {
    try BlockingPeer(connectionsMax: 1_000) { [script] connection in
      connection.send(WireFrame.settings)
      guard let setup = connection.nextRequest() else { return }
      connection.answerWell(setup)
      while let call = connection.nextRequest() {
        if !script(connection, call) { return }
      }
    }
  }

  /// The model as an orchestrator describes it.
  func description(at port: UInt16) -> ModelDescription {
    ModelDescription(
      modelID: ModelID(name), deploymentID: "1", infos: ModelInfos(), host: "127.0.0.1", port: port)
  }
}

extension HostileModel {
  /// Peers that send frames without end.
  static let floods: [HostileModel] = [
    HostileModel(floods: "pings", detail: "PING") { _ in
      WireFrame.bytes(6, [UInt8](repeating: 7, count: 8))
    },
    HostileModel(floods: "settings", detail: "SETTINGS") { _ in WireFrame.settings },
    HostileModel(floods: "resets of a stream that is over", detail: "RST_STREAM") { _ in
      WireFrame.bytes(3, stream: 1, [0, 0, 0, 8])
    },
    HostileModel(floods: "resets of a stream that never was", detail: "RST_STREAM") { _ in
      WireFrame.bytes(3, stream: 99, [0, 0, 0, 8])
    },
    HostileModel(floods: "window updates", detail: "WINDOW_UPDATE") { _ in
      WireFrame.bytes(8, [0, 0, 0, 1])
    },
    HostileModel(floods: "priorities", detail: "PRIORITY") {
      WireFrame.bytes(2, stream: $0, [0, 0, 0, 0, 7])
    },
    HostileModel(floods: "goodbyes", detail: "GOAWAY") { WireFrame.goAway(last: $0) },
    HostileModel(floods: "empty data", detail: "DATA", first: { WireFrame.answerHead($0) }) {
      WireFrame.bytes(0, stream: $0)
    },
    HostileModel(floods: "padding", detail: "DATA", first: { WireFrame.answerHead($0) }) {
      WireFrame.bytes(0, flags: 8, stream: $0, [255] + [UInt8](repeating: 0, count: 255))
    },
    HostileModel(
      floods: "an answer in crumbs", detail: "DATA",
      first: {
        WireFrame.answerHead($0) + WireFrame.bytes(0, stream: $0, [0, 0, 15, 0, 0])
      }
    ) { WireFrame.bytes(0, stream: $0, [0x20]) },
    HostileModel(
      floods: "a head without end", detail: "CONTINUATION",
      first: { WireFrame.bytes(1, stream: $0, [0x88]) }
    ) { WireFrame.bytes(9, stream: $0, WireFrame.field("x", "y")) },
    HostileModel(floods: "provisional heads", detail: "HEADERS") {
      WireFrame.bytes(1, flags: WireFrame.endHeaders, stream: $0, [0x08, 3] + Array("100".utf8))
    },
    HostileModel(floods: "frames of an unknown type", detail: "type 200") {
      WireFrame.bytes(200, stream: $0, [UInt8](repeating: 0, count: 16_384))
    },
    HostileModel(floods: "data of a stream that is over", detail: "DATA") { _ in
      WireFrame.bytes(0, stream: 1, [UInt8](repeating: 0, count: 16_384))
    },
    HostileModel(
      floods: "an error page without end", detail: "HTTP",
      first: {
        WireFrame.bytes(1, flags: WireFrame.endHeaders, stream: $0, [0x8E])
      }
    ) { WireFrame.bytes(0, stream: $0, [UInt8](repeating: 0x20, count: 16_384)) },
  ]

  /// Peers that break off, dawdle, or answer what is no answer.
  static let others: [HostileModel] = [
    HostileModel("a byte at a time", detail: "DEADLINE_EXCEEDED") { connection, stream in
      connection.drip(
        WireFrame.answerHead(stream) + WireFrame.bytes(0, stream: stream, [0, 0, 0, 0, 0])
          + WireFrame.okTrailers(stream), pauseMillis: 100)
      return false
    },
    HostileModel("silent", detail: "DEADLINE_EXCEEDED") { connection, _ in
      connection.holdStill()
      return false
    },
    HostileModel("half-open", detail: "UNAVAILABLE") { connection, _ in
      connection.endOutput()
      return true
    },
    HostileModel("reset in the answer", detail: "UNAVAILABLE") { connection, stream in
      connection.send(WireFrame.answerHead(stream) + WireFrame.bytes(0, stream: stream, [0, 0]))
      connection.endWithReset()
      return false
    },
    HostileModel("goodbye in the call", detail: "UNAVAILABLE") { _ in WireFrame.goAway(last: 0) },
    HostileModel("large headers", detail: "headers are over the limit") { stream in
      let fields = (0..<160).flatMap {
        WireFrame.field("x-\($0)", String(repeating: "y", count: 90))
      }
      return WireFrame.answerHead(stream, Array(fields.prefix(16_300)))
    },
    HostileModel("no grpc-status", detail: "without grpc-status") { stream in
      WireFrame.answerHead(stream)
        + WireFrame.bytes(1, flags: 5, stream: stream, WireFrame.field("x", "y"))
    },
    HostileModel("compressed", detail: "compressed (gzip)") { stream in
      WireFrame.answerHead(stream, WireFrame.field("grpc-encoding", "gzip"))
        + WireFrame.bytes(0, stream: stream, [1, 0, 0, 0, 1, 0]) + WireFrame.okTrailers(stream)
    },
    HostileModel("four gigabytes", detail: "an answer of 4294967295 bytes") { stream in
      WireFrame.answerHead(stream) + WireFrame.bytes(0, stream: stream, [0, 255, 255, 255, 255, 1])
    },
    HostileModel("a web page", detail: "content-type") { stream in
      WireFrame.bytes(1, flags: 4, stream: stream, [0x88, 0x0F, 0x10, 9] + Array("text/html".utf8))
        + WireFrame.bytes(0, flags: 1, stream: stream, Array("<p>Welcome!</p>".utf8))
    },
    HostileModel("another protocol", detail: "HTTP/2") { _ in Array("250 Ok, go ahead\r\n".utf8) },
  ]
}
