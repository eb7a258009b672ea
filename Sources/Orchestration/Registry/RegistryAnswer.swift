import Competition
import Identity
import JSON

/// Reads what the registry answers.
enum RegistryAnswer {
  /// The models of an answer.
  ///
  /// - Parameters:
  ///   - bytes: The body.
  ///   - source: Names the registry in messages.
  ///   - crunches: The competitions that are configured, told apart by their names on the chain.
  /// - Returns: The models that are right, and what is wrong with the others.
  /// - Throws: `RegistryFault` when it is no JSON list.
  static func read(
    _ bytes: [UInt8], from source: String, crunches: [CrunchSettings]
  ) throws(RegistryFault) -> ModelManifest {
    let value: JSONValue
    do { value = try JSONValue.parse(bytes: bytes) } catch {
      throw RegistryFault("the answer is no JSON: \(error.flaw.text)")
    }
    guard let entries = value.arrayValue else {
      throw RegistryFault("the answer is no JSON list")
    }
    let ids = Dictionary(crunches.map { ($0.onchainName, $0.id) }) { first, _ in first }
    var manifest = ModelManifest()
    var seen: Set<ModelID> = []
    for (index, entry) in entries.enumerated() {
      let path = "[\(index)]"
      func skip(_ fault: RegistryFault, _ id: String?) {
        manifest.problems.append(
          ConfigurationProblem(
            setting: path,
            text: "\(id.map { "model \($0.prefix(60)): " } ?? "")\(fault); this model is skipped",
            file: source, line: nil))
        if let id { manifest.skippedIDs.insert(ModelID(id)) }
      }
      guard index < ModelManifest.modelsMax else {
        skip(RegistryFault("only the first \(ModelManifest.modelsMax) models are run"), nil)
        break
      }
      let name = try? text("id", of: entry["model"])
      do throws(RegistryFault) {
        let model = try read(entry, crunchIDs: ids)
        guard seen.insert(model.modelID).inserted else {
          throw RegistryFault("it is there twice")
        }
        manifest.entries.append(model)
      } catch {
        skip(error, name ?? nil)
      }
    }
    // One that is there twice is run as its first entry says.
    manifest.skippedIDs.subtract(seen)
    return manifest
  }

  private static func read(
    _ entry: JSONValue, crunchIDs: [String: String]
  ) throws(RegistryFault) -> ModelEntry {
    guard let model = entry["model"], model.objectValue != nil else {
      throw RegistryFault("model is missing or no object")
    }
    let id = try name("id", of: model)
    let submission = try name("submissionId", of: model)
    let crunch = try required("crunchName", of: entry)
    guard let crunchID = crunchIDs[crunch] else {
      let known = crunchIDs.keys.sorted().joined(separator: ", ")
      throw RegistryFault("crunchName \(crunch.prefix(60)) is not configured (known: \(known))")
    }
    let wanted = try required("desiredState", of: entry)
    let resource = try resource(of: model)
    if case .id(let name) = resource, !SafeName.allows(name) {
      throw RegistryFault("model.resourceId can't name a folder")
    }
    let owner = try text("owner", of: model)
    let infos = ModelInfos(
      cruncherID: owner, cruncherName: owner,
      cruncherWalletPublicKey: try text("cruncherWalletPubkey", of: entry),
      cruncherHotkey: try text("cruncherSmpHotkey", of: entry))
    var launch = ModelLaunch(submissionID: submission)
    if case .id(let name) = resource { launch.resourceID = name }
    return ModelEntry(
      modelID: ModelID(id), crunchID: crunchID,
      desiredState: wanted.lowercased().contains("start") ? .running : .stopped, launch: launch,
      infos: infos,
      ownership: SubmissionOwnership(
        signature: try text("signature", of: model), resource: resource))
  }

  private static func resource(
    of model: JSONValue
  ) throws(RegistryFault) -> SubmissionClaim.Resource {
    guard let value = model["resourceId"] else { return .absent }
    if value.isNull { return .null }
    guard let id = try text("resourceId", of: model) else { return .absent }
    return .id(id)
  }

  /// A text that names a file or folder.
  private static func name(_ key: String, of value: JSONValue) throws(RegistryFault) -> String {
    let text = try required(key, of: value)
    if SafeName.allows(text) { return text }
    throw RegistryFault(
      "model.\(key) must be letters, digits, '.', '_' or '-', since it names files")
  }

  private static func required(
    _ key: String, of value: JSONValue
  ) throws(RegistryFault) -> String {
    guard let text = try text(key, of: value) else { throw RegistryFault("\(key) is missing") }
    return text
  }

  /// A text, or a whole number as one; nil when it is absent, null or empty.
  private static func text(_ key: String, of value: JSONValue?) throws(RegistryFault) -> String? {
    switch value?[key] {
    case nil, .null: return nil
    case .string(let text): return text.isEmpty ? nil : text
    case .int(let number): return String(number)
    default: throw RegistryFault("\(key) is no text")
    }
  }
}

/// Why an answer, or one entry of it, can't be used.
struct RegistryFault: Error, Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
