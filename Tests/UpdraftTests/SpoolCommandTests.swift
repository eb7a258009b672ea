import Competition
import Foundation
import JSON
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3))) struct SpoolCommandTests {
  private let folder: Folder
  private let start = UTCTime(microsecondsSinceEpoch: 1_795_345_314_820_000)

  init() throws { folder = try Folder() }

  private func open() throws -> Spool {
    try Spool.open(
      SpoolOptions(directory: folder.path, fsync: .never), crunchID: "game", shard: .whole)
  }

  /// Begins a round of two models that are called and one that isn't; one answer has arrived.
  private func begin(in spool: Spool, second: Int) throws -> SegmentWriter {
    let entries = (0..<3).map {
      RoundOpening.Entry(modelID: ModelID("m\($0)"), isCalled: $0 < 2)
    }
    let writer = try spool.begin(
      RoundOpening(
        params: PredictionParams(asset: "BTC", horizonSeconds: 3_600, stepSeconds: 60),
        performedAt: start.advanced(by: .seconds(second)), timeout: .seconds(60), models: [],
        entries: entries))
    _ = try writer.append([
      SpooledAnswer(
        index: 0, status: .success, execTimeMicros: 12.5, wasSent: true, detail: nil,
        value: ByteView("[{\"a\": \"x,y\"}]"))
    ])
    return writer
  }

  private func writeRounds() throws -> SegmentFile {
    let spool = try open()
    defer { spool.close() }
    let closed = try begin(in: spool, second: 0)
    try closed.close(RoundClosing(wallTime: .zero, panic: nil, breakers: []))
    _ = try begin(in: spool, second: 60)
    return closed.file
  }

  private func run(_ words: String...) async throws -> ProgramRun {
    try await ProgramRun.finish(
      [try ProgramRun.updraft(), "spool"] + words + ["--dir", folder.path])
  }

  @Test func lsListsTheRoundsOldestFirst() async throws {
    _ = try writeRounds()
    let run = try await run("ls")
    #expect(run.exit?.code == 0)
    #expect(run.lines.count == 3)
    let cells = run.lines.map { $0.split(separator: " ").map(String.init) }
    #expect(cells[0] == ["round", "params", "roster", "answers", "size", "state", "age"])
    #expect(cells[1][0] == "2026-11-22T11:01:54.820000Z")
    #expect(Array(cells[1][1...4]) == ["BTC", "3600/60", "3", "1"])
    #expect(cells[1].contains("closed"))
    #expect(cells[2].contains("open"))
  }

  @Test func lsSaysTheSameAsJSONAndWhoHoldsTheFolder() async throws {
    _ = try writeRounds()
    let spool = try open()
    defer { spool.close() }
    let json = try await run("ls", "--json")
    let rows = try JSONValue.parse(text: try #require(json.lines.first))
    #expect(rows[0]?["state"] == "closed")
    #expect(rows[0]?["performed_at"] == "2026-11-22T11:01:54.820000")
    #expect(rows[1]?["answers"] == 1)
    let table = try await run("ls")
    #expect(table.lines.last == "held by process \(getpid())")
  }

  @Test func verifyFindsNothingInAGoodSpoolAndEveryDamageInABadOne() async throws {
    let file = try writeRounds()
    let good = try await run("verify")
    #expect(good.exit?.code == 0)
    #expect(good.lines.last?.hasPrefix("2 rounds, 2 outcomes") == true)
    #expect(good.lines.last?.hasSuffix("nothing is damaged") == true)
    let handle = try #require(FileHandle(forUpdatingAtPath: file.path))
    let end = try handle.seekToEnd()
    try handle.seek(toOffset: end - 5)
    try handle.write(contentsOf: Data([0]))
    try handle.close()
    let bad = try await run("verify")
    #expect(bad.exit?.code == 1)
    #expect(bad.lines.count == 2)
    #expect(bad.lines[0].hasPrefix("\(file.name): byte "))
    #expect(bad.lines.last?.hasSuffix("1 faults") == true)
  }

  @Test func verifyLeavesTheEndOfARunningRoundAlone() async throws {
    let spool = try open()
    let writer = try begin(in: spool, second: 0)
    let handle = try #require(FileHandle(forUpdatingAtPath: writer.file.path))
    let end = try handle.seekToEnd()
    try handle.truncate(atOffset: end - 3)
    try handle.close()
    #expect(try await run("verify").exit?.code == 0)
    spool.close()
    #expect(try await run("verify").exit?.code == 1)
  }

  @Test func exportPrintsWhatArrivedAndTheOutcomesOfEndedRounds() async throws {
    _ = try writeRounds()
    let run = try await run("export")
    #expect(run.exit?.code == 0)
    let rows = try run.lines.map { try JSONValue.parse(text: $0) }
    #expect(rows.map { $0["status"] } == ["SUCCESS", "FAILED", "ABSENT", "SUCCESS"])
    #expect(rows[0]["id"] == "PRE_m0_20261122_110154.820")
    #expect(rows[0]["distributions"] == [["a": "x,y"]])
    #expect(rows[3]["id"] == "PRE_m0_20261122_110254.820")
    let csv = try await self.run("export", "--format", "csv")
    #expect(csv.lines[0].hasPrefix("id,model_id,asset,horizon,step,status,exec_time,"))
    #expect(
      csv.lines[1].hasPrefix(
        "PRE_m0_20261122_110154.820,m0,BTC,3600,60,SUCCESS,12.5,2026-11-22T11:01:54.820000,"
          + "2026-11-22T12:01:54.820000,,\"[{\"\"a\"\": \"\"x,y\"\"}]\""))
  }

  @Test func exportNeverPrintsADamagedValue() async throws {
    let file = try writeRounds()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
    let place = try #require(bytes.range(of: Data("x,y".utf8)))
    var changed = bytes
    changed[place.lowerBound] = UInt8(ascii: "z")
    try changed.write(to: URL(fileURLWithPath: file.path))
    let run = try await run("export")
    #expect(run.exit?.code == 1)
    #expect(!run.lines.contains { $0.contains("z,y") })
    #expect(run.lines.contains { $0.contains("a record doesn't fit its checksum") })
    #expect(run.lines.contains { $0.contains("SPOOL_DAMAGED") })
  }

  @Test(arguments: ["ls", "verify", "export"])
  func aFolderThatIsNotThereIsNamed(command: String) async throws {
    let run = try await run(command)
    #expect(run.exit?.code == 69)
    #expect(run.lines.count == 1)
    #expect(run.lines[0].contains(folder.path))
  }

  /// A folder that is removed with the test; the spool in it is not there yet.
  private final class Folder {
    let path: String
    private let root: String

    init() throws {
      root =
        FileManager.default.temporaryDirectory
        .appendingPathComponent("updraft-spool-\(UInt64.random(in: 0 ... .max))").path
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
      path = root + "/spool"
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }
  }
}
