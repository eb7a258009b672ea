public import ArgumentParser
public import Benchmarking

/// `updraft bench SCENARIO`.
struct ScenarioCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Measure one scenario; `updraft bench SCENARIO` does the same.")

  @Argument(help: "What to measure: \(Scenario.allCases.map(\.rawValue).joined(separator: ", ")).")
  var scenario: Scenario
  @OptionGroup(title: "Parameters") var parameters: BenchOptions
  @Option(
    help: ArgumentHelp(
      """
      A client to measure in turn with ours; repeatable. It prints what `updraft call --json` \
      prints, and gets --host --port --models --rounds --interval --timeout --method --arg-bytes \
      appended, or what its {port}, {orchestrator}, {crunch}, {arguments}, … ask for.
      """, valueName: "name=command"),
    transform: { text in
      guard let peer = PeerCommand(text: text) else {
        throw ValidationError(
          "must be NAME=COMMAND with a name other than updraft, got \"\(text)\"")
      }
      return peer
    })
  var peer: [PeerCommand] = []
  @OptionGroup var output: BenchOutput
  @Option(
    help: ArgumentHelp(
      "An older --json file: what has changed, and is it noise?", valueName: "file"),
    completion: .file(extensions: ["json", "jsonl"]))
  var compare: String?

  func validate() throws {
    try parameters.check(scenario)
    if !peer.isEmpty, !scenario.takesPeers {
      throw ValidationError("--peer: \(scenario.rawValue) measures our own programs only")
    }
    if Set(peer.map(\.name)).count < peer.count {
      throw ValidationError("--peer: every name must be another one")
    }
  }

  func run() async throws {
    try await runCommand("bench") {
      try output.check()
      let old = try compare.map(BenchRun.read)
      let report = try await BenchRun(plan: parameters.plan(scenario), peers: peer).run()
      for line in BenchTable.lines(report) { Output.line(line) }
      if let old {
        for line in BenchTable.lines(comparing: report, with: old) { Output.line(line) }
      }
      try output.write(jsonLines: report.jsonLines, page: report.page(comparedTo: old))
    }
  }
}

extension Scenario: ExpressibleByArgument {}
