import Compression
import Foundation
import Glibc
import Testing

extension IntegrationTests {
  /// `updraft export`: whole files, quiet ends.
  @Suite struct ExportCommandTests {
    private func withRows(
      _ count: Int, _ body: (Stage, GameDatabase, _ updraft: String) async throws -> Void
    ) async throws {
      try await withStage { stage in
        let database = try await GameDatabase.initialized(on: stage)
        try database.execute(TestRows.insert(count, daysAgo: 3, scoredDaysAgo: 2))
        try await body(stage, database, try BuiltProgram.updraft.path)
      }
    }

    private func names(in folder: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder).filter {
        !$0.hasPrefix("program-")
      }
    }

    @Test func theFileIsWholeAndStandardOutputStaysEmpty() async throws {
      try await withRows(1_000) { stage, database, updraft in
        let path = stage.folder + "/scores.csv"
        let run = try await stage.run(
          [updraft, "export", "scores", "-o", path], variables: database.variables)
        #expect(run.exit.isSuccess, "\(run)")
        #expect(run.output == "")
        #expect(run.errors.hasPrefix("1000 rows, "), "\(run.errors)")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.split(separator: "\n").count == 1_001)
        #expect(try names(in: stage.folder) == ["scores.csv"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o644)
      }
    }

    @Test func zstdHoldsTheSameBytes() async throws {
      try await withRows(3_000) { stage, database, updraft in
        let words = [updraft, "export", "predictions", "--format", "jsonl"]
        let plain = try await stage.run(words, variables: database.variables)
        #expect(plain.errors == "", "no terminal, no progress")
        let path = stage.folder + "/p.jsonl.zst"
        let small = try await stage.run(
          words + ["--zstd", "--level", "5", "-o", path], variables: database.variables)
        #expect(small.exit.isSuccess, "\(small)")
        let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(file.count < plain.output.utf8.count / 10)
        var expander = try ZstdExpander()
        var bytes: [UInt8] = []
        try file.withUnsafeBytes { try expander.put($0) { bytes += $0 } }
        try expander.finish()
        #expect(bytes == Array(plain.output.utf8))
      }
    }

    @Test func aReaderThatGoesAwayEndsItQuietly() async throws {
      try await withRows(5_000) { stage, database, updraft in
        let script = #""$0" export predictions | head -c 100 >/dev/null; echo ${PIPESTATUS[0]}"#
        let run = try await stage.run(
          ["bash", "-c", script, updraft], variables: database.variables)
        #expect(run.outputLines == ["141"])
        #expect(run.errors == "")
      }
    }

    @Test func anInterruptLeavesNoHalfFileAndKeepsTheOldOne() async throws {
      try await withRows(10) { stage, database, updraft in
        let path = try stage.write("the old one", to: "export.csv")
        try await database.holding("LOCK TABLE predictions IN ACCESS EXCLUSIVE MODE") {
          let export = try await stage.start(
            [updraft, "export", "predictions", "-o", path], variables: database.variables)
          try await stage.wait("it waits for the lock") {
            try database.count("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0
          }
          #expect(try names(in: stage.folder).count == 2, "the new one has another name yet")
          await export.signal(SIGINT)
          let ended = try await stage.end(of: export)
          #expect(ended.exit.code == 130, "\(ended)")
          #expect(ended.errors.contains("export.csv was not written"))
        }
        #expect(try names(in: stage.folder) == ["export.csv"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "the old one")
      }
    }

    @Test(arguments: [
      (["/nowhere/x.csv"], 71, "make the folder first"), (["/dev/full"], 71, "No space left"),
    ])
    func aFileThatCanNotBeWrittenIsOneLine(
      path: [String], status: Int, advice: String
    ) async throws {
      try await withRows(10) { stage, database, updraft in
        let run = try await stage.run(
          [updraft, "export", "scores", "-o"] + path, variables: database.variables)
        #expect(run.exit.code == status, "\(run)")
        #expect(run.errors.contains(advice) && run.errors.contains(path[0]), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1)
      }
    }

    @Test(arguments: [
      ["--from", "yesterday"], ["--from", "2026-01-02", "--to", "2026-01-01"], ["--level", "20"],
      ["--format", "xml"],
    ])
    func optionsThatMakeNoSenseAreRefused(options: [String]) async throws {
      try await withStage { stage in
        let run = try await stage.run(
          [try BuiltProgram.updraft.path, "export", "scores"] + options)
        #expect(run.exit.code == 64, "\(run)")
        #expect(run.errors.contains(options[0]) || run.errors.contains("--to"), "\(run.errors)")
      }
    }
  }
}
