import Competition
import Foundation
import JSON
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct SpoolRejectsTests {
  private let fixture: SpoolFixture
  private let record = TestRound.record("m\"1", .failed, detail: "REFUSED: x", at: TestRound.start)

  init() throws {
    fixture = try SpoolFixture()
    try fixture.open().close()
  }

  private func lines(_ name: String = SpoolRejects.fileName) throws -> [JSONValue] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(fixture.directory)/\(name)"))
    let text = try #require(String(bytes: bytes, encoding: .utf8))
    #expect(text.hasSuffix("\n"))
    return try text.split(separator: "\n").map { try JSONValue.parse(text: $0) }
  }

  private func rejects(bytesMax: Int = SpoolRejects.bytesMax, system: SpoolSystem = .real)
    -> SpoolRejects
  {
    SpoolRejects(fixture.options(), logger: .silent, bytesMax: bytesMax, system: system)
  }

  @Test func aRowIsKeptWithItsValueAndTheReason() throws {
    let rejects = rejects()
    let values: [ByteView?] = [
      ByteView("{\"a\":\n[1,\r\n2]}"), ByteView("[NaN"), ByteView(copying: [0xFF, 0xFE, 0x00]), nil,
    ]
    for value in values {
      try rejects.append(record, value: value, reason: "bad\nrow", at: TestRound.start)
    }
    let rows = try lines()
    #expect(rejects.rowCount == 4)
    #expect(rows[0]["id"] == "PRE_m\"1_20261122_110154.820")
    #expect(rows[0]["model_id"] == "m\"1")
    #expect(rows[0]["asset"] == "BTC")
    #expect(rows[0]["horizon"] == 3_600)
    #expect(rows[0]["step"] == 60)
    #expect(rows[0]["status"] == "FAILED")
    #expect(rows[0]["exec_time"] == 1_234.5)
    #expect(rows[0]["performed_at"] == "2026-11-22T11:01:54.820000")
    #expect(rows[0]["resolvable_at"] == "2026-11-22T12:01:54.820000")
    #expect(rows[0]["detail"] == "REFUSED: x")
    #expect(rows[0]["reason"] == "bad\nrow")
    #expect(rows[0]["rejected_at"] == "2026-11-22T11:01:54.820000")
    #expect(rows[0]["distributions"] == ["a": [1, 2]])
    #expect(rows[1]["distributions_text"] == "[NaN")
    #expect(rows[2]["distributions_base64"] == "//4A")
    #expect(rows[3]["distributions"] == .null)
  }

  @Test func theFileIsRotatedAtItsBoundAndOlderRowsAreCountedAsLost() throws {
    let probe = rejects()
    try probe.append(record, value: nil, reason: "x", at: TestRound.start)
    let path = "\(fixture.directory)/\(SpoolRejects.fileName)"
    let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
    try FileManager.default.removeItem(atPath: path)
    let rejects = rejects(bytesMax: 3 * size)
    for _ in 0..<3 { try rejects.append(record, value: nil, reason: "x", at: TestRound.start) }
    #expect(rejects.rowCount == 3)
    #expect(!FileManager.default.fileExists(atPath: path + ".1"))
    try rejects.append(record, value: nil, reason: "x", at: TestRound.start)
    #expect(rejects.rowCount == 1)
    #expect(rejects.lostRowCount == 0)
    #expect(try lines("rejects.jsonl.1").count == 3)
    for _ in 0..<3 { try rejects.append(record, value: nil, reason: "x", at: TestRound.start) }
    #expect(rejects.lostRowCount == 3)
    #expect(try lines("rejects.jsonl.1").count == 3)
    #expect(try lines().count == 1)
  }

  @Test func aRowLargerThanTheBoundIsTakenAlone() throws {
    let rejects = rejects(bytesMax: 10)
    try rejects.append(record, value: ByteView("[1]"), reason: "x")
    try rejects.append(record, value: ByteView("[2]"), reason: "x")
    #expect(try lines("rejects.jsonl.1").map { $0["distributions"] } == [[1]])
    #expect(try lines().map { $0["distributions"] } == [[2]])
  }

  @Test func aLineThatWasCutOffIsRemovedAtTheNextStart() throws {
    try rejects().append(record, value: nil, reason: "x")
    let path = "\(fixture.directory)/\(SpoolRejects.fileName)"
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(String(repeating: "{\"id\":", count: 1_000).utf8))
    try handle.close()
    let again = rejects()
    try again.append(record, value: nil, reason: "y")
    #expect(again.rowCount == 2)
    #expect(try lines().map { $0["reason"] } == ["x", "y"])
  }

  @Test func aFullDiskIsAnErrorAndLeavesNoHalfRow() throws {
    let counted = CountedSystem()
    let rejects = rejects(
      system: counted.system { number, _ in number == 2 ? 20 : number == 3 ? -Int(ENOSPC) : nil })
    try rejects.append(record, value: nil, reason: "x")
    let error = #expect(throws: SpoolError.self) {
      try rejects.append(record, value: nil, reason: "lost")
    }
    #expect(error?.code == .diskFull)
    try rejects.append(record, value: nil, reason: "y")
    #expect(try lines().map { $0["reason"] } == ["x", "y"])
  }
}
