import Competition
import Glibc
import JSON

extension DeploymentBook {
  /// Reads the file; an empty book when there is none.
  ///
  /// - Throws: `FileError` when the file can't be read or isn't such a book: better no start than
  ///   models that were deployed and silently aren't there.
  static func read(_ path: String) throws(FileError) -> DeploymentBook {
    guard Folder.exists(path) else { return DeploymentBook() }
    let bytes = try FileText.bytes(at: path)
    do {
      let root = try JSONValue.parse(bytes: bytes)
      guard root["version"]?.intValue == 1, let models = root["models"]?.arrayValue,
        let overrides = root["overrides"]?.arrayValue
      else { throw FileError("not a list of deployed models", during: "read \(path)") }
      let book = DeploymentBook(
        models: models.compactMap(Model.init), overrides: overrides.compactMap(Override.init))
      guard book.models.count == models.count, book.overrides.count == overrides.count else {
        throw FileError(
          "an entry lacks its id, its crunch or its submission", during: "read \(path)")
      }
      return book
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError("\(error)", during: "read \(path)")
    }
  }

  /// Writes the file anew beside its place and moves it there, so that there always is a whole one.
  ///
  /// - Throws: `FileError` when it can't be written.
  func write(to path: String) throws(FileError) {
    let value: JSONValue = [
      "about": "models deployed over the API; written by model-orchestrator, do not edit",
      "version": 1, "models": .array(models.map(\.json)),
      "overrides": .array(overrides.map(\.json)),
    ]
    try FileText.write(value.text() + "\n", to: path + ".new")
    guard rename(path + ".new", path) == 0 else {
      throw FileError(errno: errno, during: "write \(path)")
    }
  }
}

extension DeploymentBook.Model {
  fileprivate init?(_ value: JSONValue) {
    guard let id = value["id"]?.stringValue, SafeName.allows(id),
      let crunch = value["crunch_id"]?.stringValue,
      let cruncher = value["cruncher_id"]?.stringValue, let change = DeploymentChange(value),
      change.submissionID != nil, let uploads = [String](uploads: value)
    else { return nil }
    self.init(
      id: ModelID(id), crunchID: crunch, cruncherID: cruncher, change: change, uploads: uploads)
  }

  fileprivate var json: JSONValue {
    .object(
      [
        JSONMember(key: "id", value: .string(id.rawValue)),
        JSONMember(key: "crunch_id", value: .string(crunchID)),
        JSONMember(key: "cruncher_id", value: .string(cruncherID)),
      ] + change.members + [uploads.member])
  }
}

extension DeploymentBook.Override {
  fileprivate init?(_ value: JSONValue) {
    guard let id = value["id"]?.stringValue, SafeName.allows(id),
      let base = value["base"]?.stringValue, let change = DeploymentChange(value),
      let uploads = [String](uploads: value)
    else { return nil }
    self.init(id: ModelID(id), base: base, change: change, uploads: uploads)
  }

  fileprivate var json: JSONValue {
    .object(
      [
        JSONMember(key: "id", value: .string(id.rawValue)),
        JSONMember(key: "base", value: .string(base)),
      ] + change.members + [uploads.member])
  }
}

extension DeploymentChange {
  /// Nil when a name in it can't name files, or the state is none.
  fileprivate init?(_ value: JSONValue) {
    self.init()
    if let state = value["desired_state"]?.stringValue {
      guard let known = ModelEntry.DesiredState(rawValue: state) else { return nil }
      desiredState = known
    }
    if let id = value["submission_id"]?.stringValue {
      guard SafeName.allows(id) else { return nil }
      submissionID = id
    }
    modelName = value["model_name"]?.stringValue
    cruncherName = value["cruncher_name"]?.stringValue
  }

  fileprivate var members: [JSONMember] {
    [
      ("desired_state", desiredState?.rawValue), ("submission_id", submissionID),
      ("model_name", modelName), ("cruncher_name", cruncherName),
    ].compactMap { key, text in text.map { JSONMember(key: key, value: .string($0)) } }
  }
}

extension [String] {
  fileprivate init?(uploads value: JSONValue) {
    let texts = (value["uploads"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard texts.allSatisfy(SafeName.allows) else { return nil }
    self = texts
  }

  fileprivate var member: JSONMember {
    JSONMember(key: "uploads", value: .array(map { .string($0) }))
  }
}
