import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

@Test(arguments: [
  "main.py", "requirements.txt", "requirements-dev.txt", "setup.toml", "native.so", "game.yml",
])
func codeFilesCount(name: String) {
  #expect(CodeRule(countsEverything: false).counts(name, isExecutable: false))
}

@Test(arguments: [".main.py.swp", "main.py~", "#main.py#", "4913", "a.pyc", "main.py.new", "x.log"])
func whatEditorsAndPythonLeaveBehindNeverCounts(name: String) {
  for rule in [CodeRule(countsEverything: false), CodeRule(countsEverything: true)] {
    #expect(!rule.counts(name, isExecutable: true), "\(name)")
  }
}

@Test func dataCountsOnlyWhenEverythingDoesAndProgramsAlways() {
  let usual = CodeRule(countsEverything: false)
  #expect(!usual.counts("state.json", isExecutable: false))
  #expect(!usual.counts("model.pkl", isExecutable: false))
  #expect(usual.counts("model", isExecutable: true))
  #expect(CodeRule(countsEverything: true).counts("state.json", isExecutable: false))
  for name in [".git", "__pycache__", ".venv", "venv", "a.egg-info"] {
    #expect(!usual.enters(name))
  }
  #expect(usual.enters("lib"))
}

@Test func aScanTellsWhatBecameAnotherByContentOrByWriting() throws {
  let folder = try TestFolder()
  for name in ["main.py", "lib/a.py", "old.py", "data.csv", ".git/x.py"] {
    try folder.write("1", to: name)
  }
  let usual = CodeRule(countsEverything: false)
  let every = CodeRule(countsEverything: true)
  let (first, firstOfAll) = (CodeScan(folder.path, usual), CodeScan(folder.path, every))
  #expect(first.fileCount == 3 && firstOfAll.fileCount == 4)
  #expect(first.folders.count == 2)
  try folder.write("1", to: "main.py")
  try folder.write("2", to: "data.csv")
  let second = CodeScan(folder.path, usual, after: first)
  #expect(second.changes(since: first).isEmpty, "it was written, with the same content")
  #expect(!second.isUntouched(since: first))
  #expect(CodeScan(folder.path, every).changes(since: firstOfAll) == ["data.csv", "main.py"])
  try folder.write("2", to: "lib/a.py")
  try folder.write("1", to: "lib/new.py")
  unlink("\(folder.path)/old.py")
  let third = CodeScan(folder.path, usual, after: second)
  #expect(third.changes(since: first) == ["lib/a.py", "lib/new.py", "old.py"])
  #expect(third.changes(since: third).isEmpty)
}

@Test func aScanEndsAtItsLimitsAndFollowsNoLinkedFolders() throws {
  let folder = try TestFolder()
  try folder.write("1", to: "a/main.py")
  #expect(symlink(folder.path, "\(folder.path)/a/loop") == 0)
  let rule = CodeRule(countsEverything: false)
  #expect(CodeScan(folder.path, rule).folders.count == 2)
  let deep = (0..<CodeScan.depthMax).map { "d\($0)" }.joined(separator: "/")
  try folder.write("1", to: "\(deep)/x.py")
  #expect(!CodeScan(folder.path, rule).isCut)
  try folder.write("1", to: "\(deep)/deeper/x.py")
  #expect(CodeScan(folder.path, rule).isCut)
  let other = try TestFolder()
  for number in 0..<CodeScan.filesMax { try other.write("", to: "f\(number).py") }
  #expect(!CodeScan(other.path, rule).isCut)
  try other.write("", to: "one-more.py")
  let cut = CodeScan(other.path, rule)
  #expect(cut.isCut && cut.fileCount == CodeScan.filesMax)
}

@Test func aPersonsChangesAreFollowedAtOnceAndAModelsOwnSlowerAndSlower() {
  var pace = RenewalPace()
  var now = MonotonicInstant(nanoseconds: 0)
  #expect(pace.delay(at: now) == .zero)
  now = now.advanced(by: RenewalPace.calmAfter)
  #expect(pace.delay(at: now) == .zero)
  var delays: [Duration] = []
  for _ in 0..<9 {
    now = now.advanced(by: .seconds(1))
    let delay = pace.delay(at: now)
    delays.append(delay)
    now = now.advanced(by: delay)
  }
  #expect(delays.first == .seconds(1) && delays.last == .seconds(60))
  #expect(delays == delays.sorted())
  #expect(pace.delay(at: now.advanced(by: .seconds(71))) == .zero)
}

/// A watched folder and what was told of it.
private final class Watched {
  let watch: CodeWatch
  let told = Shelf<[[String]]>()

  init(_ folder: TestFolder, every interval: Duration, on loop: Loop) {
    told.item = []
    watch = CodeWatch(
      folder.path, CodeRule(countsEverything: false), every: interval, on: loop
    ) { [told] in told.item?.append($0) }
  }
}

@Test(arguments: [Duration.seconds(3_600), .milliseconds(50)])
func changesAreToldOnceTheyHaveSettledAndWhatDoesNotCountIsNot(interval: Duration) async throws {
  let folder = try TestFolder()
  try folder.write("1", to: "main.py")
  try await withLoop { thread in
    let watched = try await OnLoop(thread) { Watched(folder, every: interval, on: $0) }
    try folder.write("x", to: "state.json")
    try folder.write("x", to: "__pycache__/main.pyc")
    try folder.write("1", to: "lib/a.py")
    #expect(await watched.eventually { $0.told.item == [["lib/a.py"]] ? true : nil } == true)
    // The new folder is watched, too.
    try folder.write("2", to: "lib/a.py")
    #expect(await watched.eventually { $0.told.item?.count == 2 ? true : nil } == true)
    #expect(await watched.use { $0.watch.watchCount } == 2)
    unlink("\(folder.path)/lib/a.py")
    #expect(await watched.eventually { $0.told.item?.count == 3 ? true : nil } == true)
    await watched.use { $0.watch.close() }
  }
}

@Test func aFolderThatAppearsLaterIsSeen() async throws {
  let parent = try TestFolder()
  try await withLoop { thread in
    let told = try await OnLoop(thread) { loop in
      let told = Shelf<[String]>()
      let watch = CodeWatch(
        "\(parent.path)/later", CodeRule(countsEverything: false), every: .milliseconds(20),
        on: loop
      ) { told.item = $0 }
      return (told, watch)
    }
    try parent.write("1", to: "later/main.py")
    #expect(await told.eventually { $0.0.item } == ["main.py"])
    await told.use { $0.1.close() }
  }
}

/// A native model whose program lies in its own folder.
private func ownModel(_ id: String, _ more: String = "") -> String {
  "- {id: \(id), submission_id: own, crunch_id: game, desired_state: RUNNING, \(more)"
    + " command: \"python3 serve.py {port}\"}\n"
}

/// What the serving script says, for a submission that begins with another line.
private func servingCode(_ line: String) -> String {
  "# \(line)\n" + TestFolder.text(at: servingScript)
}

private let ownFile = "storage/submissions/own/serve.py"

/// The model's folder is there, and no look is due: only events tell.
private let quietGame: @Sendable (inout OrchestratorConfiguration) -> Void = {
  $0.watchInterval = .seconds(3_600)
  $0.canPlaceInQuarantine = true
  let folder = $0.runner.submissionFolder("own")
  try? Folder.make(folder)
  try? FileText.write(servingCode("one"), to: folder + "/serve.py")
}

@Test func changedCodeIsLiveWithANewDeploymentAndTheSameCodeIsNot() async throws {
  try await withGame(ownModel("1") + ownModel("2", "rebuild: disabled,"), quietGame) { game in
    let first = try #require(await game.eventually { $0.running("1") })
    let still = try #require(await game.eventually { $0.running("2") })
    try await game.use { try $0.folder.write(servingCode("one"), to: ownFile) }
    try await game.use { try $0.folder.write(servingCode("two"), to: ownFile) }
    let second = try #require(
      await game.eventually { $0.running("1", notAs: first.processID) })
    #expect(second.deploymentID != first.deploymentID)
    #expect(second.startCount == first.startCount + 1, "once, for the second change only")
    #expect(await game.use { $0.status("2")?.processID } == still.processID, "rebuild: disabled")
    #expect(await game.use { $0.log.contains("the code changed", "serve.py changed") })
    #expect(
      await game.use { $0.client.entries("update").filter { $0.hasPrefix("1 RECOVERING") }.count }
        == 1)
  }
}

@Test func theListIsFollowedAtOnceAlsoWhenALookIsFarAway() async throws {
  try await withGame(model("1"), quietGame) { game in
    _ = try #require(await game.eventually { $0.running("1") })
    try await game.use {
      try $0.folder.write("models:\n" + model("1", state: "STOPPED"), to: "models.yml")
    }
    #expect(await game.eventually { $0.status("1")?.phase == .stopped ? true : nil } == true)
  }
}

@Test func aReportedModelRunsAgainWhenItsCodeChanges() async throws {
  try await withGame(ownModel("1"), quietGame) { game in
    _ = try #require(await game.eventually { $0.running("1") })
    _ = try #require(await game.eventually { $0.client.texts.first })
    await game.use { $0.client.report("1", "BAD_IMPLEMENTATION") }
    #expect(await game.eventually { $0.status("1")?.phase == .failed ? true : nil } == true)
    try await game.use { try $0.folder.write(servingCode("two"), to: ownFile) }
    _ = try #require(await game.eventually { $0.running("1") })
  }
}
