import Competition
import JSON

/// Writes the messages of the feed.
enum FeedMessage {
  /// The largest message, bytes: Python's client takes 1 MiB.
  static let bytesMax = 1 << 20

  /// The event's name on the wire.
  enum Event: String {
    case initial = "init"
    case update
  }

  /// What a client hears that names no competition.
  static let missingCrunch = JSONValue.object([
    JSONMember(
      key: "error", value: "crunch_id is required and is expected in the path as /<crunch_id>")
  ]).text()

  /// One or more messages with all entries: an `init` that grows too large goes on in `update`s.
  ///
  /// - Returns: UTF-8 texts, each at most `limit` bytes; an `update` without entries is none at
  /// all.
  static func encode(_ event: Event, _ entries: [FeedEntry], limit: Int = bytesMax) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var event = event
    var message = opening(event)
    var count = 0
    for entry in entries {
      let text = Array(json(entry).text().utf8)
      if count > 0, message.count + text.count + 3 > limit {
        messages.append(message + closing)
        event = .update
        message = opening(event)
        count = 0
      }
      if count > 0 { message.append(UInt8(ascii: ",")) }
      message += text
      count += 1
    }
    if count > 0 || event == .initial { messages.append(message + closing) }
    return messages
  }

  private static let closing = Array("]}".utf8)

  private static func opening(_ event: Event) -> [UInt8] {
    Array("{\"event\":\"\(event.rawValue)\",\"data\":[".utf8)
  }

  private static func json(_ entry: FeedEntry) -> JSONValue {
    let model = entry.description
    var infos = [
      JSONMember(key: "model_name", value: text(model.infos.modelName)),
      JSONMember(key: "cruncher_id", value: text(model.infos.cruncherID)),
      JSONMember(key: "cruncher_name", value: text(model.infos.cruncherName)),
    ]
    if let wallet = model.infos.cruncherWalletPublicKey {
      infos.append(JSONMember(key: "cruncher_wallet_pubkey", value: .string(wallet)))
    }
    if let hotkey = model.infos.cruncherHotkey {
      infos.append(JSONMember(key: "cruncher_hotkey", value: .string(hotkey)))
    }
    return .object([
      JSONMember(key: "deployment_id", value: .string(model.deploymentID)),
      JSONMember(key: "model_id", value: .string(model.modelID.rawValue)),
      JSONMember(key: "infos", value: .object(infos)),
      JSONMember(key: "state", value: .string(entry.state.rawValue)),
      JSONMember(key: "ip", value: .string(model.host)),
      JSONMember(key: "port", value: .int(Int64(model.port))),
    ])
  }

  private static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
