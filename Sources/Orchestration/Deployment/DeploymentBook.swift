import Competition
import JSON

/// What was deployed over the API, in a file of its own beside `models.yml`, which is its owner's
/// and is never written.
///
/// A model that the API added stands here whole. One of `models.yml` that the API changed has the
/// changes here, which hold until its entry in `models.yml` becomes another: the last word counts.
struct DeploymentBook: Hashable {
  /// A model that was added over the API.
  struct Model: Hashable {
    var id: ModelID
    var crunchID: String
    var cruncherID: String
    var change: DeploymentChange
    /// Its uploads that are kept: the one before, the current one.
    var uploads: [String]
  }

  /// What the API changed of an entry of `models.yml`.
  struct Override: Hashable {
    var id: ModelID
    /// The entry as it was then.
    var base: String
    var change: DeploymentChange
    var uploads: [String]
  }

  /// Uploads of one model that are kept: while a new one starts, the one before may still run.
  static let uploadsKeptMax = 2

  private(set) var models: [Model]
  private(set) var overrides: [Override]

  init(models: [Model] = [], overrides: [Override] = []) {
    self.models = models
    self.overrides = overrides
  }

  /// The file beside `models.yml`: `models.api.json`.
  static func path(beside modelsFile: String) -> String {
    let name = Folder.name(of: modelsFile)
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    return "\(Folder.parent(of: modelsFile))/\(stem).api.json"
  }

  /// The list that counts: that of `models.yml` with what the API added and changed. Changes whose
  /// entries became others, or went, are forgotten.
  ///
  /// - Returns: The list, and the ids of the changes that were forgotten.
  mutating func merge(into list: ModelManifest) -> (list: ModelManifest, forgotten: [ModelID]) {
    var merged = list
    let bases = Dictionary(
      list.entries.map { ($0.modelID, Self.base(of: $0)) }, uniquingKeysWith: { first, _ in first })
    // An entry that is only broken may come back as it was.
    let forgotten = overrides.filter { override in
      bases[override.id].map { $0 != override.base } ?? !list.skippedIDs.contains(override.id)
    }.map(\.id)
    overrides.removeAll { forgotten.contains($0.id) }
    for override in overrides {
      guard let index = merged.entries.firstIndex(where: { $0.modelID == override.id }) else {
        continue
      }
      override.change.apply(to: &merged.entries[index])
    }
    let listed = Set(list.entries.map(\.modelID)).union(list.skippedIDs)
    for model in models where !listed.contains(model.id) { merged.entries.append(model.entry) }
    return (merged, forgotten)
  }

  /// Whether the model was added over the API.
  func holds(_ id: ModelID) -> Bool { models.contains { $0.id == id } }

  /// The number that no model has: theirs counts up, too.
  func nextID(beside list: ModelManifest) -> ModelID {
    let taken = (list.entries.map(\.modelID) + list.skippedIDs + models.map(\.id))
      .compactMap { Int($0.rawValue) }
    return ModelID("\(max(taken.max() ?? 0, 0) + 1)")
  }

  /// Adds a model.
  mutating func add(_ model: Model) { models.append(model) }

  /// Changes a model.
  ///
  /// - Returns: The uploads that nobody needs any more.
  mutating func change(
    _ id: ModelID, _ change: DeploymentChange, of entry: ModelEntry?
  ) -> [String] {
    if let index = models.firstIndex(where: { $0.id == id }) {
      models[index].change.take(change)
      return Self.keep(change.submissionID, in: &models[index].uploads)
    }
    guard let entry else { return [] }
    if !overrides.contains(where: { $0.id == id }) {
      let none = DeploymentChange()
      overrides.append(Override(id: id, base: Self.base(of: entry), change: none, uploads: []))
    }
    guard let index = overrides.firstIndex(where: { $0.id == id }) else { return [] }
    overrides[index].change.take(change)
    return Self.keep(change.submissionID, in: &overrides[index].uploads)
  }

  /// Forgets a model that was added over the API.
  ///
  /// - Returns: Its uploads, which nobody needs any more.
  mutating func remove(_ id: ModelID) -> [String] {
    defer { models.removeAll { $0.id == id } }
    return models.first { $0.id == id }?.uploads ?? []
  }

  private static func keep(_ upload: String?, in uploads: inout [String]) -> [String] {
    guard let upload else { return [] }
    uploads.append(upload)
    let old = uploads.dropLast(uploadsKeptMax)
    uploads = uploads.suffix(uploadsKeptMax)
    return Array(old)
  }

  /// A text that is the same for entries that ask for the same.
  private static func base(of entry: ModelEntry) -> String {
    let infos = entry.infos
    let parts: [String?] = [
      entry.crunchID, entry.desiredState.rawValue, entry.launch.submissionID,
      entry.launch.resourceID, entry.launch.command?.joined(separator: "\u{1}"), infos.modelName,
      infos.cruncherID, infos.cruncherName, entry.ownership.signature, entry.rebuild?.rawValue,
    ]
    let text = parts.map { $0 ?? "\u{2}" }.joined(separator: "\u{0}")
    // Without a digest the text itself is as good.
    return (try? FolderDigest.hex(text.utf8)) ?? text
  }
}

extension DeploymentBook.Model {
  /// What `models.yml` would say.
  fileprivate var entry: ModelEntry {
    var entry = ModelEntry(
      modelID: id, crunchID: crunchID, launch: ModelLaunch(submissionID: change.submissionID ?? ""),
      infos: ModelInfos(cruncherID: cruncherID))
    change.apply(to: &entry)
    return entry
  }
}
