import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

/// Whether bubblewrap is installed and the system lets it make namespaces.
private let sandboxWorks =
  system("bwrap --unshare-all --ro-bind / / --proc /proc true >/dev/null 2>&1") == 0

private func sandboxed(_ id: String, _ script: String, _ wishes: String) -> String {
  "- {id: \(id), submission_id: s, crunch_id: game, desired_state: RUNNING, isolation: bubblewrap,"
    + " command: \"python3 \(packageFolder)/Tests/OrchestrationTests/Scripts/\(script).py {port}"
    + " \(wishes)\"}\n"
}

extension OnLoop<Game> {
  fileprivate func lines(of id: String, until text: String) async -> [String] {
    await eventually(within: .seconds(30)) { game -> [String]? in
      let lines = game.folder.read("logs/\(id).log").split(separator: "\n").map(String.init)
      return lines.contains { $0.contains(text) } ? lines : nil
    } ?? []
  }
}

@Suite(.enabled(if: sandboxWorks, "bwrap is missing, or user namespaces aren't permitted"))
struct SandboxTests {
  @Test func aSandboxedModelServesAndSeesNeitherFilesNorProcessesOfOthers() async throws {
    let secret = try TestFolder()
    try secret.write("x", to: "secret")
    let wishes = "look \(secret.path)/secret"
    try await withGame(sandboxed("1", "hostile_model", wishes)) { game in
      _ = try #require(await game.eventually { $0.running("1") })
      let submission = await game.use { "\($0.folder.path)/storage/submissions/s" }
      let told = await game.lines(of: "1", until: "may not write \(submission)")
      func says(_ text: String) -> Bool { told.contains { $0.contains(text) } }
      #expect(says("see \(secret.path)/secret []"), "\(told)")
      let count = told.first { $0.contains("Z processes ") }?.split(separator: " ").last
      #expect(count.flatMap { Int($0) } ?? 99 <= 4)
      #expect(says("may write /tmp"))
      #expect(says("may not write /etc Read-only file system"))
      #expect(!told.contains { $0.contains("variables") && $0.contains("SECRET") })
    }
    #expect(secret.read("secret") == "x")
  }

  @Test func theSandboxIsAskedToEndAndWhatIsInItGoesWithIt() async throws {
    var log: [String] = []
    var members: Set<Int32> = []
    try await withGame(sandboxed("1", "serving_model", "helper")) { game in
      let status = try #require(await game.eventually { $0.running("1") })
      _ = await game.lines(of: "1", until: "helper ")
      members = ProcessTable.read().families(of: [try #require(status.processID)])
      #expect(members.count >= 4, "bubblewrap twice, the model, its helper")
      try await game.use {
        try $0.folder.write("models: []", to: "models.yml")
      }
      log = await game.lines(of: "1", until: "exited with code")
    }
    #expect(log.contains { $0.contains("exited with code 143") }, "SIGTERM reached the model")
    for member in members { #expect(await hasEnded(member)) }
  }

  @Test func aSandboxedModelThatIgnoresSIGTERMIsKilled() async throws {
    var leader: Int32?
    try await withGame(
      sandboxed("1", "serving_model", "ignore-term"), { $0.runner.stopTimeout = .milliseconds(300) }
    ) { game in
      leader = try #require(await game.eventually { $0.running("1") }).processID
    }
    #expect(await hasEnded(try #require(leader)))
  }
}
