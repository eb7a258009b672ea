import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

/// Two keepers of one folder, as two orchestrators on one machine have.
private final class Keepers {
  let log = RecordedLog()
  private(set) var results: [String: Result<String, EnvironmentError>] = [:]
  private let keepers: [PythonEnvironments]
  private let folder: TestFolder

  init(
    _ folder: TestFolder, count: Int = 1, _ change: (inout RunnerSettings) -> Void = { _ in },
    on loop: Loop
  ) {
    self.folder = folder
    var settings = RunnerSettings()
    settings.packages = []
    settings.environmentsFolder = "\(folder.path)/environments"
    change(&settings)
    let ready = settings
    let variables = ["PATH": String(cString: getenv("PATH")), "HOME": folder.path]
    let logger = log.logger
    keepers = (0..<count).map { _ in
      PythonEnvironments(ready, environment: variables, on: loop, logger: logger)
    }
  }

  func prepare(_ name: String, keeper: Int = 0) {
    _ = keepers[keeper].prepare(submissionFolder: "\(folder.path)/\(name)") { [weak self] result in
      self?.results["\(name)\(keeper)"] = result
    }
  }

  func close(_ done: @escaping (()) -> Void) {
    var left = keepers.count
    for keeper in keepers {
      keeper.close {
        left -= 1
        if left == 0 { done(()) }
      }
    }
  }
}

private func withKeepers(
  count: Int = 1, _ change: @escaping @Sendable (inout RunnerSettings) -> Void = { _ in },
  _ body: (TestFolder, OnLoop<Keepers>) async throws -> Void
) async throws {
  let folder = try TestFolder()
  try await withLoop { thread in
    let keepers = try await OnLoop(thread) { Keepers(folder, count: count, change, on: $0) }
    var failure: (any Error)?
    do { try await body(folder, keepers) } catch { failure = error }
    await keepers.wait { keepers, done in keepers.close(done) }
    if let failure { throw failure }
  }
}

@Test func equalRequirementsGetOneEnvironmentBuiltOnceAmongTwoOrchestrators() async throws {
  try await withKeepers(count: 2) { folder, keepers in
    await keepers.use {
      $0.prepare("a", keeper: 0)
      $0.prepare("b", keeper: 0)
      $0.prepare("a", keeper: 1)
    }
    let all = await keepers.eventually(within: .seconds(120)) { keepers -> [String]? in
      guard keepers.results.count == 3 else { return nil }
      return keepers.results.values.map { "\($0)" }
    }
    let results = try #require(all)
    #expect(Set(results).count == 1, "\(results)")
    let path = try #require(await keepers.use { try? $0.results["a0"]?.get() })
    #expect(EnvironmentBuild.isComplete(path))
    #expect(await keepers.use { $0.log.contains("waiting for another process") })
    // It is there now, so a third wish is granted at once.
    #expect(
      await keepers.use { keepers -> Bool in
        keepers.prepare("c")
        return keepers.results["c0"] != nil
      })
  }
}

@Test func pipsOwnErrorIsTold() async throws {
  try await withKeepers { folder, keepers in
    try folder.write("./no-such-package-here\n", to: "a/requirements.txt")
    await keepers.use { $0.prepare("a") }
    let result = await keepers.eventually(within: .seconds(120)) { $0.results["a0"] }
    guard case .failure(let error) = result else {
      Issue.record("it was built: \(String(describing: result))")
      return
    }
    #expect(error.operation == "install requirements.txt")
    #expect(error.reason.contains("ERROR") && error.reason.contains("no-such-package-here"))
    let log = try #require(error.logFile)
    #expect(
      log.hasPrefix(folder.path) && folder.read("\(log.dropFirst(folder.path.count + 1))") != "")
  }
}

@Test func closingEndsABuildAndAnUnfinishedOneIsNotUsed() async throws {
  let folder = try TestFolder()
  try await withLoop { thread in
    for round in 0..<2 {
      let keepers = try await OnLoop(thread) { Keepers(folder, on: $0) }
      await keepers.use { $0.prepare("a") }
      let seen = await keepers.eventually { $0.log.contains("building a Python") ? true : nil }
      #expect(seen == true, "round \(round) didn't build")
      await keepers.wait { keepers, done in keepers.close(done) }
      #expect(await keepers.use { $0.results["a0"] } == nil)
    }
  }
}

@Test func aBuildThatTakesTooLongIsEndedAtItsDeadline() async throws {
  try await withKeepers(count: 1, { $0.environmentTimeout = .milliseconds(50) }) { _, keepers in
    await keepers.use { $0.prepare("a") }
    let result = await keepers.eventually { $0.results["a0"] }
    guard case .failure(let error) = result else {
      Issue.record("it was built: \(String(describing: result))")
      return
    }
    #expect(error.reason == "not ready within 50ms")
  }
}

@Test(arguments: [
  ("/nonexistent/python", "ENOENT"), ("false", "exited with code 1"),
])
func anInterpreterThatCannotBeUsedIsToldToEveryone(python: String, reason: String) async throws {
  try await withKeepers(count: 1, { $0.python = python }) { _, keepers in
    await keepers.use {
      $0.prepare("a")
      $0.prepare("b")
    }
    let both = await keepers.eventually { $0.results.count == 2 ? true : nil }
    #expect(both == true)
    let told = await keepers.use { "\($0.results["b0"].map { "\($0)" } ?? "")" }
    #expect(told.contains(reason), "\(told)")
  }
}

@Test func anInterpreterThatIsTooOldIsRefusedWithWhatIsNeeded() async throws {
  let folder = try TestFolder()
  try folder.write("#!/bin/sh\necho /usr/bin/python3 3.9.2\n", to: "old")
  chmod("\(folder.path)/old", 0o755)
  try await withLoop { thread in
    let keepers = try await OnLoop(thread) {
      Keepers(folder, { $0.python = "\(folder.path)/old" }, on: $0)
    }
    await keepers.use { $0.prepare("a") }
    let result = await keepers.eventually { $0.results["a0"] }
    #expect("\(String(describing: result))".contains("it is 3.9.2, 3.11 or later is needed"))
    await keepers.wait { keepers, done in keepers.close(done) }
  }
}

@Test(.enabled(if: ModelUser.weAreRoot, "only root may run pip as another user"))
func anotherUserBuildsAnEnvironmentAndCannotChangeItAfterwards() async throws {
  try await withKeepers(
    count: 1,
    {
      $0.user = ModelUser(named: "nobody")
      $0.python = "/usr/bin/python3"
    }
  ) { folder, keepers in
    await keepers.use { $0.prepare("a") }
    let result = try #require(
      await keepers.eventually(within: .seconds(60)) { $0.results["a0"] })
    let place = try result.get()
    for name in ["", "/pyvenv.cfg", "/bin/python", "/updraft-complete"] {
      var status = stat()
      #expect(lstat(place + name, &status) == 0 && status.st_uid == 0, "\(place + name)")
    }
    let log = folder.read("environments/\(Folder.name(of: place)).log")
    #expect(!log.contains("Permission denied"), "\(log)")
  }
}
