import Competition
import EventLoop
import Testing

@testable import Orchestration

private final class Reported {
  let publisher: FeedPublisher
  var reports: [FailureReport] = []

  init(on loop: Loop) throws {
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    publisher = try FeedPublisher(listen: address, loop: loop, logger: silent)
    publisher.onFailureReport = { [unowned self] _, report in reports.append(report) }
  }
}

/// A model as long on the wire as a real one, with a wallet and a hotkey.
private func fullEntry(_ id: String, _ state: FeedState = .running) -> FeedEntry {
  var entry = feedEntry(id, state, deployment: "\(id)_20260101_120000_000", port: 20_000)
  entry.description.infos.cruncherWalletPublicKey = String(repeating: "w", count: 44)
  entry.description.infos.cruncherHotkey = String(repeating: "h", count: 48)
  return entry
}

@Test func pipsClientHoldsFiveThousandModelsAndIsHeard() async throws {
  try await withLoop { thread in
    let made = try await run(
      ["bash", packageFolder + "/Tests/Python/environments.sh", "client"], within: .seconds(900),
      on: thread)
    let folder = try #require(made.lines.last { $0.hasPrefix("/") }, "\(made.lines)")
    let feed = try await OnLoop(thread) { try Reported(on: $0) }
    let port = await feed.use { feed -> UInt16 in
      feed.publisher.setModels(crunchID: "game", (0..<5_000).map { fullEntry("m\($0)") })
      return feed.publisher.address.port
    }
    let script = packageFolder + "/Tests/OrchestrationTests/Scripts/feed_client.py"
    let words = ["\(folder)/bin/python", script, "\(port)", "game"]
    let client = try await OnLoop(thread) { try Command(words, on: $0) }
    let report = await feed.eventually { $0.reports.first }
    #expect(
      report
        == FailureReport(
          modelID: ModelID("m0"), code: .multipleTimeout, host: "127.0.0.1"))
    // pip's client closes a model that it reports: of 5,000 it holds one less.
    _ = await client.eventually { $0.lines.last?.hasSuffix(" 4999") == true ? true : nil }
    await feed.use { $0.publisher.update(crunchID: "game", [fullEntry("m1", .stopped)]) }
    _ = await client.eventually { $0.lines.contains("update m1 1 4998") ? true : nil }
    await feed.use { $0.publisher.close() }
    #expect(await client.eventually { $0.exit?.isSuccess } == true)
    let lines = await client.use { $0.lines }
    #expect(lines.first?.hasPrefix("init m0 m1 m2 ") == true)
    #expect(lines.count == 4, "the init was split in two: \(lines)")
    #expect(lines.suffix(2) == ["update m1 1 4998", "closed 1001"])
  }
}
