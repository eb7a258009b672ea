internal import Competition
internal import JSON

/// One message of the orchestrator: which models run.
struct OrchestratorMessage {
  enum Event: String {
    /// The whole list.
    case initial = "init"
    /// Only what changed.
    case update
  }

  /// What the orchestrator says of one model.
  struct Entry {
    enum State: String {
      case running = "RUNNING"
      case stopped = "STOPPED"
      case recovering = "RECOVERING"
    }

    let model: ModelDescription
    let state: State
  }

  let event: Event
  let entries: [Entry]
  /// One line for each entry that was skipped: which one, and why.
  let skipped: [String]

  /// Reads a text frame.
  ///
  /// - Throws: `OrchestratorMessageError` when the whole message is of no use.
  init(_ text: [UInt8]) throws(OrchestratorMessageError) {
    let root: JSONValue
    do {
      root = try text.withUnsafeBytes { bytes throws(JSONError) in try JSONValue.parse(bytes) }
    } catch {
      throw OrchestratorMessageError(reason: "\(error)")
    }
    if let refusal = root["error"]?.stringValue {
      throw OrchestratorMessageError(reason: "the orchestrator refuses us: \(refusal)")
    }
    let name = root["event"]?.stringValue ?? "(none)"
    guard let event = Event(rawValue: name) else {
      throw OrchestratorMessageError(reason: "unknown event \"\(name.prefix(40))\"")
    }
    guard let data = root["data"]?.arrayValue else {
      throw OrchestratorMessageError(reason: "event \(name) without a list in \"data\"")
    }
    self.event = event
    var entries: [Entry] = []
    var skipped: [String] = []
    entries.reserveCapacity(data.count)
    for (index, value) in data.enumerated() {
      do throws(EntryFault) {
        entries.append(try Entry(value))
      } catch {
        let id = value["model_id"]?.stringValue.map { "model \($0.prefix(80))" } ?? "entry \(index)"
        skipped.append("\(id): \(error.reason)")
      }
    }
    self.entries = entries
    self.skipped = skipped
  }
}

/// A message of the orchestrator that is of no use as a whole.
struct OrchestratorMessageError: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

private struct EntryFault: Error { let reason: String }

extension OrchestratorMessage.Entry {
  fileprivate init(_ value: JSONValue) throws(EntryFault) {
    let id = try value.required("model_id")
    let deployment = try value.required("deployment_id")
    let stateName = try value.required("state")
    guard let state = State(rawValue: stateName) else {
      throw EntryFault(reason: "unknown state \"\(stateName.prefix(40))\"")
    }
    self.state = state
    let infos = value["infos"]
    // A model that doesn't run may have no address any more.
    let host = state == .running ? try value.required("ip") : value["ip"]?.stringValue ?? ""
    let port = state == .running ? try value.port() : 0
    model = ModelDescription(
      modelID: ModelID(id), deploymentID: deployment,
      infos: ModelInfos(
        modelName: infos?["model_name"]?.stringValue,
        cruncherID: infos?["cruncher_id"]?.stringValue,
        cruncherName: infos?["cruncher_name"]?.stringValue,
        cruncherWalletPublicKey: infos?["cruncher_wallet_pubkey"]?.stringValue,
        cruncherHotkey: infos?["cruncher_hotkey"]?.stringValue),
      host: host, port: port)
  }
}

extension JSONValue {
  /// A non-empty text; a number is taken for its digits, since ids are written both ways.
  fileprivate func required(_ key: String) throws(EntryFault) -> String {
    guard let value = self[key] else { throw EntryFault(reason: "\(key) is missing") }
    if let text = value.stringValue, !text.isEmpty { return text }
    if let number = value.intValue { return String(number) }
    throw EntryFault(reason: "\(key) must be a non-empty text")
  }

  fileprivate func port() throws(EntryFault) -> UInt16 {
    let value = self["port"]
    let number = value?.intValue ?? value?.stringValue.flatMap { Int64($0) }
    guard let number, (1...65_535).contains(number) else {
      throw EntryFault(reason: "port must be a number from 1 to 65535")
    }
    return UInt16(number)
  }
}
