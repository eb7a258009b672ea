import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

private func entry(
  _ id: Int32, parent: Int32 = 1, session: Int32? = nil, start: UInt64 = 100, threads: Int = 1,
  pages: Int = 0, state: Character = "S", name: String = "python3"
) throws -> ProcessEntry {
  let fields = [
    "\(id) (\(name)) \(state) \(parent) \(id) \(session ?? id) 0 -1 0 0 0 0 0 0 0 0 0 20 0",
    "\(threads) 0 \(start) 1000 \(pages) 0",
  ]
  return try #require(ProcessEntry(stat: Substring(fields.joined(separator: " "))))
}

private func family(
  _ change: (inout ModelLimits) -> Void = { _ in }, isolation: Isolation = .limits
) -> ModelFamily {
  var limits = ModelLimits()
  change(&limits)
  return ModelFamily(
    leader: ProcessIdentity(id: 10, startTicks: 100), deploymentID: "d", limits: limits,
    isolation: isolation)
}

@Test func aProcessIsReadWhateverItsNameIs() throws {
  let odd = try entry(7, parent: 3, session: 5, start: 99, threads: 4, pages: 12, name: "a) S 1 (b")
  #expect(odd.name == "a) S 1 (b" && odd.parentID == 3 && odd.sessionID == 5)
  #expect(odd.startTicks == 99 && odd.threadCount == 4 && odd.residentPageCount == 12)
  for text in ["", "7", "7 (x", "x (y) S 1 2 3", "7 (y) S 1 2"] {
    #expect(ProcessEntry(stat: Substring(text)) == nil, "\(text)")
  }
  let own = try #require(ProcessTable.read().entries[getpid()])
  #expect(own.parentID == getppid() && own.threadCount > 1 && own.residentPageCount > 100)
}

@Test func aFamilyIsItsDescendantsItsSessionAndThoseSeenBefore() throws {
  var model = family()
  let child = try entry(11, parent: 10, session: 11)
  let grandchild = try entry(12, parent: 11, session: 12)
  let sibling = try entry(13, session: 10)
  let stranger = try entry(14, parent: 2)
  let leader = try entry(10)
  let all = [leader, child, grandchild, sibling, stranger]
  #expect(
    Set(model.update(ProcessTable(all)).map(\.id)) == [10, 11, 12, 13])
  let orphan = try entry(12, parent: 1, session: 12)
  let later = [leader, orphan, stranger]
  let members = model.update(ProcessTable(later))
  #expect(Set(members.map(\.id)) == [10, 12], "its parent is gone, and it was seen before")
  #expect(model.deserters(among: members).map(\.id) == [12])
  let reused = try entry(12, parent: 1, session: 12, start: 200)
  #expect(
    model.update(ProcessTable([leader, reused])).map(\.id) == [10],
    "another process got the id")
}

@Test func aSessionOfAnEarlierProcessIsNotAModels() throws {
  var model = family()
  let older = try entry(13, session: 10, start: 99)
  #expect(model.update(ProcessTable([try entry(10), older])).map(\.id) == [10])
}

@Test func theVerdictNamesWhatWasExceededAndByHowMuch() throws {
  var model = family { ($0.processes, $0.memoryBytes) = (10, 100 * 4_096) }
  let atLimits = [try entry(10, threads: 6, pages: 50), try entry(11, threads: 4, pages: 50)]
  #expect(model.verdict(on: atLimits, pageBytes: 4_096) == nil)
  let oneMore = atLimits + [try entry(12, parent: 10)]
  #expect(
    model.verdict(on: oneMore, pageBytes: 4_096)
      == "11 processes and threads; limits.processes allows 10")
  let fat = [try entry(-10, pages: 101)]
  #expect(
    model.verdict(on: fat, pageBytes: 4_096)
      == "404 KiB of memory in 1 processes; limits.memory allows 400 KiB")
  var free = family({ $0.processes = 10 }, isolation: .none)
  #expect(free.verdict(on: oneMore, pageBytes: 4_096) == nil)
}

@Test func onlyAModelThatIsStoppedAsAWholeForTwoLooksIsEnded() throws {
  var model = family()
  let stopped = try entry(10, state: "T")
  #expect(model.verdict(on: [stopped], pageBytes: 4_096) == nil)
  #expect(model.verdict(on: [stopped, try entry(11)], pageBytes: 4_096) == nil)
  #expect(model.verdict(on: [stopped], pageBytes: 4_096) == nil, "it went on in between")
  #expect(model.verdict(on: [stopped], pageBytes: 4_096)?.contains("SIGSTOP") == true)
}

@Test func aSandboxShowsTheModelsOwnThingsOnly() {
  var settings = RunnerSettings()
  settings.submissionPathFormat = "/game/submissions/{id}/code"
  settings.resourcePathFormat = "/data/{id}"
  settings.logsFolder = "/game/logs"
  settings.environmentsFolder = "/"
  settings.baseFolder = "/game"
  let view = SandboxView(
    settings, showing: ["/game/submissions/s/code", "/data/r", "/usr/bin/tool"],
    virtualEnvironment: nil)
  #expect(view.hidden.contains("/game") && view.hidden.contains("/data"))
  #expect(!view.hidden.contains("/game/logs"), "it is hidden with /game")
  #expect(!view.hidden.contains("/"))
  #expect(view.shown.contains("/game/submissions/s/code") && view.shown.contains("/data/r"))
  #expect(!view.shown.contains("/usr/bin/tool"), "it is seen anyway")
}

@Test func programsAreFoundAsAShellFindsThem() throws {
  let folder = try TestFolder()
  try folder.write("", to: "data")
  #expect(try ProgramSearch.find("sh", path: "/nonexistent:/bin", from: "/") == "/bin/sh")
  #expect(try ProgramSearch.find("./bin/sh", path: "", from: "/") == "/bin/sh")
  #expect(throws: FileError.self) { try ProgramSearch.find("sh", path: "", from: "/bin") }
  #expect(throws: FileError.self) { try ProgramSearch.find("./data", path: "", from: folder.path) }
}

@Test func theListOfProcessesIsKeptByOneAndForgottenAfterAReboot() throws {
  let folder = try TestFolder()
  let path = "\(folder.path)/run/models"
  let some: Set = [
    ProcessIdentity(id: 7, startTicks: 70), ProcessIdentity(id: 8, startTicks: 80),
  ]
  do {
    let file = try #require(try ProcessFile(path))
    #expect(file.read().isEmpty)
    try file.write(some)
    #expect(try ProcessFile(path) == nil, "another has it")
  }
  let next = try #require(try ProcessFile(path))
  #expect(next.read() == some)
  let lines = folder.read("run/models").split(separator: "\n").dropFirst()
  try folder.write("another-boot\n" + lines.joined(separator: "\n") + "\n", to: "run/models")
  #expect(next.read().isEmpty)
}

@Test(
  arguments: [
    (["exec-model"], "the program is missing", 126),
    (["exec-model", "--"], "the program is missing", 126),
    (["exec-model", "files=many", "--", "true"], "files=many is no NAME=NUMBER", 126),
    (["exec-model", "parent=1", "--", "true"], "the orchestrator has ended", 126),
    (["exec-model", "--", "/nonexistent/model"], "start /nonexistent/model: No such file", 127),
    (["exec-model", "--", "/etc/passwd"], "start /etc/passwd: Permission denied", 126),
  ] as [([String], String, Int64)])
func aStartThatCannotBeConfinedIsRefused(words: [String], reason: String, code: Int64) async throws
{
  try await withLoop { thread in
    let (lines, exit) = try await run(
      [try program()] + words, within: .seconds(20), on: thread)
    #expect(exit == ChildExit(code: code, signal: 0))
    #expect(lines.count == 1 && lines[0].hasPrefix("exec-model: \(reason)"), "\(lines)")
  }
}

@Test func theLimitsAreSetAndPrivilegesRefused() async throws {
  let script =
    "ulimit -c; ulimit -n; ulimit -f; ulimit -d; ulimit -t; grep NoNewPrivs /proc/self/status;"
    + " cat /proc/self/oom_score_adj"
  try await withLoop { thread in
    let settings = [
      "parent=\(getpid())", "unprivileged=1", "core=0", "oom=500", "files=99", "file-size=1048576",
      "memory=104857600", "cpu=7",
    ]
    let (lines, exit) = try await run(
      [try program(), "exec-model"] + settings + ["--", "/bin/bash", "-c", script],
      within: .seconds(20), on: thread)
    #expect(lines == ["0", "99", "1024", "102400", "7", "NoNewPrivs:\t1", "500"])
    #expect(exit?.isSuccess == true)
  }
}

@Test(arguments: [
  ("limits: {memory: 1MiB}", "limits.memory: must be a size such as 512MiB or 4GiB, at least 16"),
  ("limits: {memory: lots}", "limits.memory: must be a size"),
  ("limits: {files: 15}", "limits.files: must be a whole number from 16"),
  ("limits: {processes: 0}", "limits.processes: must be a whole number from 1"),
  ("limits: {cpu: 0}", "limits.cpu: must be a duration > 0"),
  ("limits: {file-size: 4095}", "limits.file-size: must be a size"),
  ("limits: {log-size: -1}", "limits.log-size: must be a size"),
  ("limits: {memroy: 1GiB}", "limits.memroy: unknown setting, did you mean memory?"),
  ("run-as: nobody-of-that-name", "run-as: there is no user nobody-of-that-name"),
  ("run-as: root", "run-as: must not be root"),
  ("crashes-max: -1", "crashes-max: must be a whole number from 0"),
])
func aWrongLimitIsRefusedByName(setting: String, reason: String) {
  let text = """
    infrastructure: {publishers: [{type: websocket}], runner: {\(setting)}}
    crunches: [{id: game}]
    """
  var told: [String] = []
  do {
    _ = try OrchestratorConfiguration.parse(text, file: "/g/orchestrator.yml", environment: [:])
  } catch {
    told = error.problems.map(\.description)
  }
  #expect(told.contains { $0.contains("infrastructure.runner.\(reason)") }, "\(told)")
}
