import Competition
import Foundation
import GatewayTestSupport
import JSON
import Testing

extension IntegrationTests {
  /// pip's model-runner-client and `updraft call` on the same models, one after the other.
  @Suite struct SideBySideTests {
    private static let calls: [[String]] = [
      ["setup_arguments"], ["describe", "BTC", "i:-7", "d:1.5"],
      ["describe", #"j:{"a": [1]}"#, "third=s:x=y", "unknown=i:1"], ["echo", "s:i:1"], ["none"],
      ["integer"], ["boolean"], ["fraction"], ["not_a_number"], ["text"], ["parquet"],
      ["dictionary"], ["nul"], ["large", "i:200000"], ["deep", "i:30"], ["raises"],
      ["tuple_of_two"], ["too_big"], ["broken_text"], ["predict", "BTC", "i:10", "i:2"],
    ]

    /// One run of a client.
    private struct Run {
      let rounds: [JSONValue]
      let summary: JSONValue

      init(_ lines: some Collection<String>) throws {
        let values = try lines.map { try JSONValue.parse(text: $0, depthMax: 512) }
        rounds = values.dropLast()
        summary = try #require(values.last)
      }

      /// The results of a round; nothing when there are fewer rounds.
      func results(_ round: Int = 0) -> [JSONValue] {
        round < rounds.count ? rounds[round]["results"]?.arrayValue ?? [] : []
      }

      var statuses: [[String?]] {
        rounds.indices.map { results($0).map { $0["status"]?.stringValue } }
      }

      /// The reported models and the codes.
      var reports: Set<[String?]> {
        let reports = summary["reports"]?.arrayValue ?? []
        return Set(
          reports.map { [$0["model_id"]?.stringValue, $0["failure_code"]?.stringValue] })
      }
    }

    @Test func everyValueAndStatusEqualsTheirs() async throws {
      try await withFeed(["m": "methods"]) { stage, port in
        let options = ["--instance-arg", "s:one", "--instance-arg", "third=i:3"]
        let theirs = try await python(Self.calls.map { $0 + options }, port, on: stage)
        try #require(theirs.count == Self.calls.count)
        for (call, their) in zip(Self.calls, theirs) {
          let our = try await updraft(call + options, port, on: stage)
          #expect(our.statuses == their.statuses, "\(call)")
          let (left, right) = try (#require(our.results().first), #require(their.results().first))
          guard left["status"] == "SUCCESS" else { continue }
          #expect(left["value_type"] == right["value_type"], "\(call)")
          if left["value_type"] == "PARQUET" {
            let file = Data(base64Encoded: right["value"]?.stringValue ?? "")
            #expect(left["value"]?["parquet_bytes"]?.intValue == file.map { Int64($0.count) })
          } else {
            #expect(left["value"] == right["value"], "\(call)")
          }
        }
      }
    }

    @Test func pythonsTextThatIsNoJSONIsReadByTheirsAndShownByOurs() async throws {
      try await withFeed(["m": "methods"]) { stage, port in
        let their = try #require(try await python([["specials"]], port, on: stage).first)
        #expect(their.results().first?["value"]?[0] == "NaN")
        let texts = [
          "specials": "[NaN, Infinity, -Infinity, 1e+308, -0.0]", "lone_surrogate": #"["\ud800"]"#,
        ]
        for (method, text) in texts {
          let our = try #require(try await updraft([method], port, on: stage).results().first)
          #expect(our["status"] == "SUCCESS")
          #expect(our["value_type"] == "JSON")
          #expect(our["value"]?.stringValue == text)
          #expect(our["value_note"]?.stringValue?.isEmpty == false, "it says what is wrong")
        }
      }
    }

    @Test func aModelThatHangsIsSkippedAndReportedInTheSameRounds() async throws {
      try await withFeed(["hangs": "methods"]) { stage, port in
        // Between rounds there is time for the health service, which ours asks beside them; the
        // fifth round finds nobody.
        let call = [
          "hangs", "d:5", "--rounds", "5", "--timeout", "0.2", "--interval", "1",
          "--max-timeouts", "3",
        ]
        let their = try #require(try await python([call], port, on: stage).first)
        let quick = try [BuiltProgram.updraft.path, "call"] + arguments(["count"], port)
        try await stage.wait("the model has woken up") {
          try await stage.run(quick).exit.isSuccess
        }
        let our = try await updraft(call + ["--breaker", "compatible"], port, on: stage)
        #expect(their.rounds.map { $0["sent"]?.intValue } == [1, 0, 1, 0, 0])
        #expect(our.rounds.map { $0["sent"]?.intValue } == [1, 0, 1, 0, 0])
        #expect(our.statuses == their.statuses)
        #expect(our.reports == [["hangs", "MULTIPLE_TIMEOUT"]])
        #expect(our.reports == their.reports)
      }
    }

    @Test func modelsThatCantBeSetUpAreReportedByBoth() async throws {
      let folders: KeyValuePairs = [
        "failing": "failing-setup", "good": "methods", "nothing": "no-subclass",
        "syntax": "syntax-error",
      ]
      try await withFeed(folders) { stage, port in
        let theirs = try await python([["predict", "BTC", "i:10", "i:2"]], port, on: stage)
        let our = try await updraft(["predict", "BTC", "i:10", "i:2"], port, on: stage)
        let their = try #require(theirs.first)
        for run in [our, their] {
          #expect(run.statuses == [["SUCCESS"]])
          #expect(run.summary["models"]?.intValue == 4)
          #expect(run.summary["connected"]?.intValue == 1)
          #expect(
            run.reports == [
              ["failing", "MULTIPLE_FAILED"], ["nothing", "BAD_IMPLEMENTATION"],
              ["syntax", "BAD_IMPLEMENTATION"],
            ])
        }
        #expect(our.results().first?["value"] == their.results().first?["value"])
      }
    }

    /// The tests' models of these folders, and a feed that names them.
    private func withFeed(
      _ folders: KeyValuePairs<String, String>,
      _ body: (Stage, UInt16) async throws -> Void
    ) async throws {
      try await withStage { stage in
        let paths = folders.map { (key: $0.key, value: PythonModels.folder($0.value)) }
        let models = try await PythonModels.start(paths, on: stage)
        let feed = try await SimulatedOrchestrator.start(
          crunchID: Game.crunchID, models: models.descriptions, logger: .silent)
        let outcome: Result<Void, any Error>
        do {
          outcome = .success(try await body(stage, feed.port))
        } catch {
          outcome = .failure(error)
        }
        #expect(await feed.stop() == 0, "the feed left handles open")
        try outcome.get()
      }
    }

    private func arguments(_ call: [String], _ port: UInt16) -> [String] {
      call + [
        "--orchestrator", "127.0.0.1:\(port)", "--crunch", Game.crunchID, "--base-class",
        Game.baseClass, "--values",
      ]
    }

    private func updraft(_ call: [String], _ port: UInt16, on stage: Stage) async throws -> Run {
      let ended = try await stage.run(
        [try BuiltProgram.updraft.path, "call", "--json", "--connect-wait", "60s"]
          + arguments(call, port), within: .seconds(120))
      try #require(ended.exit.isSuccess, "\(call): \(ended)")
      return try Run(ended.outputLines)
    }

    private func python(
      _ calls: [[String]], _ port: UInt16, on stage: Stage
    ) async throws -> [Run] {
      let interpreter = try await PythonEnvironment.client.program("python")
      let script = RepositoryFile.path("Tests/IntegrationTests/Scripts/client_calls.py")
      let lines = calls.map { JSONValue.array(arguments($0, port).map { .string($0) }).text() }
      let ended = try await stage.run(
        [interpreter, script], input: lines.joined(separator: "\n") + "\n", within: .seconds(180))
      try #require(ended.exit.isSuccess, "\(ended)")
      return try ended.outputLines.split(separator: "--").map { try Run($0) }
    }
  }
}
