import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

private let hostileScript = packageFolder + "/Tests/OrchestrationTests/Scripts/hostile_model.py"

private func hostile(_ wish: String, isolation: Isolation = .limits) -> String {
  "- {id: bad, submission_id: s, crunch_id: game, desired_state: RUNNING,"
    + " isolation: \(isolation.rawValue), command: \"python3 \(hostileScript) {port} \(wish)\"}\n"
}

/// A user without rights, when there is one that can run the tests' programs.
private func weakUser() -> ModelUser? {
  guard ModelUser.weAreRoot, let launcher = try? program() else { return nil }
  var folder = launcher
  while folder != "/" {
    folder = Folder.parent(of: folder)
    var status = stat()
    if stat(folder, &status) != 0 || status.st_mode & S_IXOTH == 0 { return nil }
  }
  return ModelUser(named: "nobody")
}

/// Runs one bad model beside a good one, which must go on undisturbed.
private func withHostile(
  _ wish: String, isolation: Isolation = .limits,
  _ change: @escaping @Sendable (inout RunnerSettings) -> Void = { _ in },
  _ body: (OnLoop<Game>) async throws -> Void
) async throws {
  let models = model("good") + hostile(wish, isolation: isolation)
  try await withGame(
    models,
    {
      $0.runner.stopTimeout = .seconds(1)
      $0.runner.user = weakUser()
      change(&$0.runner)
    },
    { game in
      let good = try #require(await game.eventually { $0.running("good") })
      try await body(game)
      #expect(await game.serves("good"), "the neighbour doesn't answer")
      await game.use {
        #expect($0.status("good")?.processID == good.processID, "the neighbour was restarted")
      }
    })
}

/// What a model's health service answers.
private final class HealthAnswer {
  private(set) var isServing: Bool?
  private var watch: HealthWatch?

  init(_ port: UInt16, on loop: Loop) {
    watch = HealthWatch(port: port, timeout: .seconds(10), on: loop) { [weak self] failure in
      self?.isServing = failure == nil
      self?.watch = nil
    }
  }
}

extension OnLoop<Game> {
  /// The rest of the first line of a model's log that holds `text`.
  fileprivate func said(_ text: String, by id: String = "bad") async -> String? {
    await eventually(within: .seconds(40)) { game -> String? in
      let lines = game.folder.read("logs/\(id).log").split(separator: "\n")
      guard let line = lines.first(where: { $0.contains(text) }),
        let words = line.split(separator: "Z ", maxSplits: 1).last
      else { return nil }
      return String(words)
    }
  }

  /// Why the bad model is where it is, once that holds `text`.
  fileprivate func reason(with text: String) async -> String? {
    await eventually(within: .seconds(40)) { game -> String? in
      guard let reason = game.status("bad")?.reason, reason.contains(text) else { return nil }
      return reason
    }
  }

  /// Whether a model's health service answers.
  fileprivate func serves(_ id: String) async -> Bool {
    guard let line = await said("arguments ", by: id),
      let port = line.split(separator: " ").dropFirst().first.flatMap({ UInt16($0) })
    else { return false }
    let answer = try? await OnLoop<HealthAnswer>(thread) { HealthAnswer(port, on: $0) }
    return await answer?.eventually { $0.isServing } ?? false
  }
}

private func number(_ text: String?, at index: Int) -> Int? {
  let words = (text ?? "").split(separator: " ")
  return words.count > index ? Int(words[index]) : nil
}

@Test(.enabled(if: weakUser() != nil || !ModelUser.weAreRoot, "root's processes aren't limited"))
func aForkBombEndsAtTheLimitAndGoesWithItsModel() async throws {
  var children: [Int32] = []
  try await withHostile("fork-bomb") {
    $0.limits.processes = 40
  } _: { game in
    let line = await game.said("forked ")
    let count = try #require(number(line, at: 1), "\(line ?? "")")
    #expect(count > 10 && count < 40)
    let leader = try #require(await game.use { $0.status("bad")?.processID })
    children = ProcessTable.read().families(of: [leader]).filter { $0 != leader }
    #expect(children.count == count)
  }
  for child in children { #expect(await hasEnded(child)) }
}

@Test func whereTheKernelDoesNotCountProcessesTheLookDoes() async throws {
  try await withHostile("fork-bomb") {
    // Above what the kernel's count lets in as root; as another user it can't be reached.
    $0.user = nil
    $0.limits.processes = ModelUser.weAreRoot ? 40 : 1_000_000
  } _: { game in
    guard ModelUser.weAreRoot else { return }
    let reason = await game.reason(with: "limits.processes allows 40")
    #expect(reason != nil)
    #expect(await game.said("limits.processes allows 40") != nil)
  }
}

@Test func aFileThatGrowsForEverIsCutAtTheLimit() async throws {
  try await withHostile("fill-disk") {
    $0.limits.fileSizeBytes = 4 << 20
  } _: { game in
    #expect(await game.said("wrote ") == "wrote \(4 << 20) File too large")
  }
}

@Test func aModelThatEatsMemoryIsRefusedMore() async throws {
  try await withHostile("eat-memory") {
    $0.limits.memoryBytes = 200 << 20
  } _: { game in
    let eaten = try #require(number(await game.said("ate "), at: 1))
    #expect(eaten > 100 && eaten < 200)
  }
}

@Test func aModelWhoseChildrenTogetherEatTooMuchIsEnded() async throws {
  try await withHostile("eat-together") {
    $0.limits.memoryBytes = 300 << 20
  } _: { game in
    let reason = try #require(await game.reason(with: "limits.memory allows 300 MiB"))
    #expect(reason.contains("MiB of memory in "))
    #expect(await game.said("ended: ") != nil)
  }
}

@Test func aModelThatPrintsForEverWaitsAndItsLogIsBounded() async throws {
  try await withHostile("flood") {
    $0.limits.logSizeBytes = 200_000
  } _: { game in
    let began = MonotonicInstant.now()
    let cpu = ownCPUSeconds()
    let rotated = await game.eventually { $0.folder.exists("logs/bad.log.1") ? true : nil }
    #expect(rotated == true)
    #expect(
      await game.eventually { _ in MonotonicInstant.now().since(began) > .seconds(3) ? 1 : nil }
        == 1)
    let seconds = MonotonicInstant.now().since(began).inSeconds
    #expect(ownCPUSeconds() - cpu < seconds * 0.8, "reading it keeps a core busy")
    await game.use { game in
      #expect(game.folder.size("logs/bad.log") <= 210_000)
      #expect(game.folder.size("logs/bad.log.1") <= 210_000)
      #expect(game.status("bad")?.phase == .running)
    }
  }
}

private func ownCPUSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

@Test func aDaemonThatEscapesIsFoundAndKilled() async throws {
  try await withHostile("daemon") { game in
    let processID = try #require(number(await game.said("daemon "), at: 1))
    #expect(await hasEnded(Int32(processID)))
    #expect(await game.said("killed a process that left the model: python3") != nil)
    await game.use { #expect($0.running("bad") != nil, "only what left is killed") }
  }
}

@Test func aModelThatStopsItselfIsStartedAgain() async throws {
  try await withHostile("stop") { game in
    #expect(await game.reason(with: "all its processes are stopped (SIGSTOP)") != nil)
    #expect(
      await game.eventually { ($0.status("bad")?.startCount ?? 0) >= 2 ? true : nil } == true)
  }
}

@Test func aModelThatCrashesInALoopIsPutInQuarantineAndItsOwnerSeesWhy() async throws {
  let change: @Sendable (inout OrchestratorConfiguration) -> Void = {
    $0.canPlaceInQuarantine = true
    $0.runner.crashesMax = 2
  }
  try await withGame(model("good") + model("bad", "exit"), change) { game in
    let reason = try #require(await game.reason(with: "crashed 2 times in a row"))
    #expect(reason.contains("exited with code 3 before it was healthy"))
    #expect(reason.contains("arguments 2"), "what it said last")
    await game.use {
      #expect($0.status("bad")?.phase == .failed)
      #expect($0.status("bad")?.startCount == 2)
    }
    #expect(await game.serves("good"))
  }
}
