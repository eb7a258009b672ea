import Competition
import Testing

@testable import Orchestration

private func list(_ text: String) throws -> ModelManifest {
  try ModelManifest.parse("models:\n" + text, file: "models.yml", crunchIDs: ["game"])
}

private func change(
  _ state: ModelEntry.DesiredState? = nil, submission: String? = nil, name: String? = nil
) -> DeploymentChange {
  var change = DeploymentChange()
  (change.desiredState, change.submissionID, change.modelName) = (state, submission, name)
  return change
}

private func added(_ id: String, _ upload: String) -> DeploymentBook.Model {
  DeploymentBook.Model(
    id: ModelID(id), crunchID: "game", cruncherID: "c",
    change: change(.running, submission: upload),
    uploads: [upload])
}

@Test func modelsOfTheAPIJoinTheListAndTheListsOwnComeFirst() throws {
  var book = DeploymentBook()
  let listed = try list(model("7") + model("x"))
  #expect(book.nextID(beside: listed) == "8")
  book.add(added("8", "api-1"))
  book.add(added("x", "api-2"))
  #expect(book.nextID(beside: listed) == "9")
  let merged = book.merge(into: listed).list
  #expect(merged.entries.map(\.modelID) == ["7", "x", "8"])
  #expect(merged.entries[2].launch.submissionID == "api-1")
  #expect(merged.entries[1].launch.submissionID == "s", "models.yml has the last word")
}

@Test func whatTheAPIChangedHoldsUntilTheEntryIsEdited() throws {
  var book = DeploymentBook()
  let listed = try list(model("1") + model("2"))
  let entry = listed.entries[0]
  #expect(book.change("1", change(.stopped), of: entry).isEmpty)
  #expect(book.change("1", change(submission: "api-1", name: "N"), of: entry).isEmpty)
  var merged = book.merge(into: listed).list.entries[0]
  #expect(merged.desiredState == .stopped && merged.launch.submissionID == "api-1")
  #expect(merged.launch.command == nil, "what was uploaded is Python")
  #expect(merged.infos.modelName == "N")
  // Moved in the file, and broken: it stays.
  let moved = try list(model("2") + model("1"))
  #expect(book.merge(into: moved).list.entries[1].desiredState == .stopped)
  let broken = try list("- {id: 1, desired_state: NONSENSE}\n" + model("2"))
  #expect(book.merge(into: broken).forgotten.isEmpty)
  // Edited: it goes.
  let edited = try list(model("1", "deaf") + model("2"))
  let result = book.merge(into: edited)
  #expect(result.forgotten == ["1"])
  merged = result.list.entries[0]
  #expect(merged.desiredState == .running && merged.launch.submissionID == "s")
  #expect(book.overrides.isEmpty)
}

@Test func theUploadBeforeTheLastIsKeptAndOlderOnesAreNotNeededAnyMore() {
  var book = DeploymentBook()
  book.add(added("1", "api-1"))
  #expect(book.change("1", change(submission: "api-2"), of: nil).isEmpty)
  #expect(book.change("1", change(submission: "api-3"), of: nil) == ["api-1"])
  #expect(book.change("1", change(.stopped), of: nil).isEmpty)
  #expect(book.remove("1") == ["api-2", "api-3"])
  #expect(!book.holds("1"))
}

@Test func theBookIsReadAsItWasWritten() throws {
  let folder = try TestFolder()
  let path = DeploymentBook.path(beside: "\(folder.path)/models.yml")
  #expect(path == "\(folder.path)/models.api.json")
  #expect(try DeploymentBook.read(path) == DeploymentBook())
  var book = DeploymentBook()
  var first = added("1", "api-1")
  first.change.modelName = "Quotes \" and $HOME ${HOME} \u{1F980}"
  book.add(first)
  _ = book.change("2", change(.stopped), of: try list(model("2")).entries[0])
  try book.write(to: path)
  #expect(try DeploymentBook.read(path) == book)
  #expect(Folder.names(in: folder.path) == ["models.api.json"])
}

@Test(arguments: [
  "", "{}", "{\"version\":2,\"models\":[],\"overrides\":[]}",
  "{\"version\":1,\"models\":[{\"id\":\"1\"}],\"overrides\":[]}",
  """
  {"version":1,"models":[{"id":"../x","crunch_id":"g","cruncher_id":"c","submission_id":"s"}],
  "overrides":[]}
  """,
  """
  {"version":1,"models":[{"id":"1","crunch_id":"g","cruncher_id":"c","submission_id":"../s"}],
  "overrides":[]}
  """,
])
func aBrokenBookIsRefused(text: String) throws {
  let folder = try TestFolder()
  try folder.write(text, to: "models.api.json")
  #expect(throws: FileError.self) { try DeploymentBook.read("\(folder.path)/models.api.json") }
}
