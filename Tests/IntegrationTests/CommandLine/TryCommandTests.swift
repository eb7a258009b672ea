import Foundation
import Glibc
import JSON
import Testing

extension IntegrationTests {
  /// `updraft try` with real Python models, good and bad.
  @Suite struct TryCommandTests {
    /// The environment of the example's models is built once, which pip takes minutes for.
    private static let firstRunMax = Duration.seconds(600)
    private static let question = ["--asset", "BTC", "--horizon", "10", "--step", "2"]

    @Test func aGoodModelIsTickedAskedScoredAndStopped() async throws {
      try await withStage { stage in
        let ended = try await tried(
          PythonModels.example("student-walk"), ["--rounds", "2"], on: stage)
        #expect(ended.code == 0, "\(ended)")
        let calls = try objects(ended)
        #expect(
          calls.map { $0["call"]?.stringValue } == ["tick", "predict", "tick", "predict", nil])
        // An hour of seconds, both ends included, then the ten seconds of the first horizon.
        #expect(calls[0]["prices"]?.intValue == 3_601)
        #expect(calls[2]["prices"]?.intValue == 10)
        #expect(calls[1]["performed_at"] == "2026-01-05T00:00:00")
        #expect(calls[3]["performed_at"] == "2026-01-05T00:00:10")
        for call in [calls[1], calls[3]] {
          #expect(call["status"] == "SUCCESS" && call["problem"] == .null)
          #expect(try #require(call["score"]?.doubleValue) > 100)
          #expect(try #require(call["baseline"]?.doubleValue) > 100)
        }
        #expect(calls[4]["ok"] == true && calls[4]["output"] == [])

        let again = try await tried(
          PythonModels.example("student-walk"), ["--rounds", "1"], on: stage)
        #expect(try objects(again)[1]["score"] == calls[1]["score"], "the same seed, other scores")
        let other = try await tried(
          PythonModels.example("student-walk"), ["--rounds", "1", "--seed", "2"], on: stage)
        #expect(try objects(other)[1]["score"] != calls[1]["score"])
      }
    }

    @Test func theTableShowsEachQuestionBesideTheBaseline() async throws {
      try await withStage { stage in
        let ended = try await stage.run(
          words(PythonModels.example("gaussian"), ["--asset", "ETH"], json: false),
          within: Self.firstRunMax)
        #expect(ended.code == 0, "\(ended)")
        let lines = ended.outputLines
        #expect(lines[0].hasPrefix("asset  horizon  step  outcome"))
        #expect(lines[1].hasPrefix("BTC        10s    2s  SUCCESS 3/3"))
        #expect(lines[2].hasPrefix("ETH        10s    2s  SUCCESS 3/3"))
        #expect(lines[3] == "ok: every answer came in time and could be stored and scored")
        #expect(ended.errorLines.contains { $0.hasPrefix("game    tracker-game") })
        #expect(try leftFolders(stage).isEmpty)
      }
    }

    @Test(arguments: [
      ("nan", "FAILED", "NaN"), ("short", "FAILED", "5"), ("none", "FAILED", "null"),
      ("deep", "FAILED", "deep"), ("raises", "FAILED", "BTC is too hard"),
      ("slow", "TIMEOUT", "the game allows 500ms"),
    ])
    func aBadAnswerIsToldAsTheGameWouldStoreIt(
      kind: String, status: String, problem: String
    ) async throws {
      try await withStage { stage in
        let model = try stage.copy(PythonModels.folder("answers"), to: kind)
        let ended = try await tried(model, ["--rounds", "1", "--timeout", "500ms"], on: stage)
        #expect(ended.code == 1, "\(ended)")
        let calls = try objects(ended)
        #expect(calls[1]["status"]?.stringValue == status)
        #expect(calls[1]["problem"]?.stringValue?.contains(problem) == true, "\(calls[1])")
        #expect(calls[2]["ok"] == false && calls[2]["bad_answers"] == 1)
        if kind != "raises" {
          #expect(calls[2]["output"] == [], "what is not an error doesn't help")
        } else {
          let output = calls[2]["output"]?[0]?.arrayValue?.compactMap(\.stringValue) ?? []
          #expect(output.contains { $0.contains("main.py\", line") }, "\(output)")
          #expect(output.last == "RuntimeError: BTC is too hard")
        }
      }
    }

    @Test func anAnswerThatOnlyScoringRefusesIsToldToo() async throws {
      try await withStage { stage in
        let model = try write(
          """
          from examplegame import TrackerBase

          class Flat(TrackerBase):
              def predict(self, asset, horizon, step):
                  return [{"type": "builtin", "name": "norm", "params": {"loc": 0, "scale": 0}}] * 5
          """, on: stage)
        let ended = try await tried(model, ["--rounds", "1"], on: stage)
        let call = try objects(ended)[1]
        #expect(ended.code == 1 && call["status"] == "SUCCESS" && call["score"] == .null)
        #expect(call["problem"]?.stringValue?.hasPrefix("it can't be scored") == true, "\(call)")
      }
    }

    @Test(arguments: [
      ("no-subclass", "Setup", "BAD_IMPLEMENTATION", "ERROR"),
      ("syntax-error", "Setup", "BAD_IMPLEMENTATION", "SyntaxError"),
      ("failing-setup", "Setup", "no weights found", "RuntimeError: no weights found"),
    ])
    func aModelThatCannotBeSetUpIsToldWithItsOwnWords(
      name: String, during: String, reason: String, words: String
    ) async throws {
      try await withStage { stage in
        let model = try stage.copy(PythonModels.folder(name), to: name)
        let ended = try await tried(model, [], on: stage)
        let summary = try #require(try objects(ended).last)
        #expect(ended.code == 1 && summary["failure"]?["during"]?.stringValue == during)
        #expect(
          summary["failure"]?["reason"]?.stringValue?.contains(reason) == true, "\(summary)")
        #expect(summary["output"]?.text().contains(words) == true, "\(summary)")
      }
    }

    @Test func aModelThatEndsWhileItIsAskedIsTold() async throws {
      try await withStage { stage in
        let model = try stage.copy(PythonModels.folder("answers"), to: "exits")
        let ended = try await tried(model, [], on: stage)
        let summary = try #require(try objects(ended).last)
        #expect(ended.code == 1 && summary["failure"]?["during"] == "predict")
        #expect(summary["failure"]?["reason"]?.stringValue?.contains("3") == true, "\(summary)")
      }
    }

    @Test func requirementsThatPipRefusesAreTold() async throws {
      try await withStage { stage in
        let model = try write("import examplegame\n", on: stage)
        _ = try stage.write("this is no requirement\n", to: "model/requirements.txt")
        let ended = try await stage.run(
          words(model, []), variables: ["UPDRAFT_CACHE": stage.folder], within: Self.firstRunMax)
        let summary = try #require(try objects(ended).last)
        #expect(ended.code == 1 && summary["failure"]?["during"] == "start", "\(ended)")
        let reason = summary["failure"]?["reason"]?.stringValue ?? ""
        #expect(reason.contains("requirements.txt") && reason.contains("ERROR"), "\(reason)")
      }
    }

    @Test func aNotebookIsTriedLikeAFolder() async throws {
      try await withStage { stage in
        let notebook = RepositoryFile.path("examples/tracker-game/notebooks/median.ipynb")
        let ended = try await tried(notebook, ["--rounds", "1"], on: stage)
        #expect(ended.code == 0, "\(ended)")
        #expect(try objects(ended).last?["ok"] == true)
        let broken = try stage.write(#"{"cells": [1]}"#, to: "broken.ipynb")
        let refused = try await stage.run(words(broken, []))
        #expect(refused.code == 1 && refused.errors.contains("cell_type"), "\(refused)")
      }
    }

    @Test func controlCStopsTheModelAndLeavesNothing() async throws {
      try await withStage { stage in
        let model = try write(
          """
          import os, pathlib, time
          from examplegame import TrackerBase

          class Sleeper(TrackerBase):
              def predict(self, asset, horizon, step):
                  pathlib.Path(__file__).with_name("asked").write_text(str(os.getpid()))
                  time.sleep(600)
          """, on: stage)
        let program = try await stage.start(
          words(model, []), variables: ["TMPDIR": stage.folder])
        let process = try await stage.eventually("it is asked", within: Self.firstRunMax) {
          FileManager.default.contents(atPath: "\(model)/asked")
            .flatMap { Int32(String(decoding: $0, as: UTF8.self)) }
        }
        await program.signal(SIGINT)
        let ended = try await stage.end(of: program, within: .seconds(15))
        #expect(ended.code == 130, "\(ended)")
        #expect(Glibc.kill(process, 0) != 0, "the model still runs")
        #expect(try leftFolders(stage).isEmpty)
      }
    }

    @Test func wrongArgumentsAreNamed() async throws {
      try await withStage { stage in
        let gaussian = PythonModels.example("gaussian")
        let cases: [([String], Int64, String)] = [
          (["/nowhere"], 64, "there is no such file or folder"),
          ([stage.folder], 64, "there is no main.py in it"),
          ([gaussian, "--horizon", "10"], 64, "one needs the other"),
          ([gaussian, "--horizon", "10", "--step", "3"], 64, "a multiple of the step"),
          ([gaussian, "--rounds", "0"], 64, "from 1 to 1000"),
          ([gaussian, "--config", "/nowhere.yml"], 78, "check --config"),
        ]
        for (arguments, code, words) in cases {
          let ended = try await stage.run([try BuiltProgram.updraft.path, "try"] + arguments)
          #expect(ended.code == code && ended.errors.contains(words), "\(arguments): \(ended)")
        }
      }
    }

    private func tried(_ path: String, _ options: [String], on stage: Stage) async throws -> Ended {
      try await stage.run(words(path, options), within: Self.firstRunMax)
    }

    private func words(_ path: String, _ options: [String], json: Bool = true) throws -> [String] {
      let example = RepositoryFile.path("examples/tracker-game")
      return [
        try BuiltProgram.updraft.path, "try", path, "--config", "\(example)/game.yml",
      ] + Self.question + options + (json ? ["--json"] : [])
    }

    private func objects(_ ended: Ended) throws -> [JSONValue] {
      let objects = try ended.outputLines.map { try JSONValue.parse(text: $0) }
      try #require(!objects.isEmpty, "\(ended)")
      return objects
    }

    /// A model's folder with this `main.py`.
    private func write(_ text: String, on stage: Stage) throws -> String {
      let folder = "\(stage.folder)/model"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      _ = try stage.write(text, to: "model/main.py")
      return folder
    }

    private func leftFolders(_ stage: Stage) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: stage.folder)
        .filter { $0.hasPrefix("updraft-try-") }
    }
  }
}
