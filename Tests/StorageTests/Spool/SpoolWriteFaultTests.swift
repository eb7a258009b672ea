import Competition
import Foundation
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct SpoolWriteFaultTests {
  private let fixture: SpoolFixture
  private let counted = CountedSystem()
  private let answers = [SpoolFixture.answer(0, "[1,2,3]"), SpoolFixture.answer(1, "[4,5,6]")]

  init() throws { fixture = try SpoolFixture() }

  /// Calls up to the second belong to the round's header and its first batch.
  private static let faultAt = 3

  @Test func partialAndInterruptedWritesGoOnWhereTheyStopped() throws {
    let spool = try fixture.open(
      system: counted.system { number, _ in number % 3 == 0 ? -Int(EINTR) : 1 + number % 7 })
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    let locations = try writer.append(answers)
    try writer.close(SpoolFixture.closing)
    #expect(counted.counts.writes > 100)
    let round = try spool.recover(writer.file)
    #expect(round.damage.isEmpty)
    #expect(try round.outcomes() == ["0 SUCCESS - [1,2,3]", "1 SUCCESS - [4,5,6]"])
    #expect(try writer.read(#require(locations[1])) == ByteView("[4,5,6]"))
  }

  @Test(arguments: [
    (ENOSPC, SpoolError.Code.diskFull), (EDQUOT, .diskFull), (EFBIG, .diskFull), (EIO, .io),
  ])
  func aFailedBatchLeavesNothingBehind(code: Int32, kind: SpoolError.Code) throws {
    let spool = try fixture.open(
      system: counted.system { number, _ in
        number < Self.faultAt || number > Self.faultAt + 1
          ? nil : number == Self.faultAt ? 40 : -Int(code)
      })
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    _ = try writer.append([SpoolFixture.answer(2, "[0]")])
    let before = try Data(contentsOf: URL(fileURLWithPath: writer.file.path))
    let bytes = spool.usage.bytes
    let error = #expect(throws: SpoolError.self) { try writer.append(answers) }
    #expect(error?.code == kind)
    #expect(error?.errorNumber == code)
    #expect(try Data(contentsOf: URL(fileURLWithPath: writer.file.path)) == before)
    #expect(spool.usage.bytes == bytes)
    // The disk is back: the same answers arrive now.
    _ = try writer.append(answers)
    #expect(try spool.recover(writer.file).answers.count == 3)
    #expect(try spool.recover(writer.file).damage.isEmpty)
  }

  @Test func nothingIsAppendedBehindWhatCouldNotBeCutOff() throws {
    let spool = try fixture.open(
      system: counted.system(
        write: { number, count in
          number == Self.faultAt ? count / 2 : number == Self.faultAt + 1 ? -Int(EIO) : nil
        },
        truncate: { $0 <= 2 ? -Int(EIO) : nil }))
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    _ = try writer.append([SpoolFixture.answer(2, "[0]")])
    #expect(throws: SpoolError.self) { try writer.append(answers) }
    let error = #expect(throws: SpoolError.self) { try writer.append(answers) }
    #expect(error?.doing.hasPrefix("cut off the end") == true)
    #expect(counted.counts.writes == Self.faultAt + 1)
    _ = try writer.append([SpoolFixture.answer(0, "[7]")])
    let round = try spool.recover(writer.file)
    #expect(try round.outcomes() == ["0 SUCCESS - [7]", "2 SUCCESS - [0]"])
    #expect(round.damage.isEmpty)
  }

  @Test func aRoundThatCannotBeginLeavesNoFile() throws {
    let spool = try fixture.open(
      system: counted.system { number, _ in number == 1 ? 30 : number == 2 ? -Int(ENOSPC) : nil })
    defer { spool.close() }
    let error = #expect(throws: SpoolError.self) { try spool.begin(SpoolFixture.opening()) }
    #expect(error?.code == .diskFull)
    #expect(try fixture.names() == [])
    #expect(spool.usage.bytes == 0)
    #expect(spool.usage.rounds == 0)
    _ = try spool.begin(SpoolFixture.opening())
  }

  @Test func aSecondRoundOfTheSameTimeIsRefused() throws {
    let spool = try fixture.open()
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    _ = try writer.append(answers)
    let error = #expect(throws: SpoolError.self) { try spool.begin(SpoolFixture.opening()) }
    #expect(error?.code == .exists)
    #expect(try spool.recover(writer.file).answers.count == 2)
  }

  // MARK: bytes_max

  /// The bytes of a round's header, of a batch, and what is kept free for the round's end.
  private func sizes() throws -> (header: Int, batch: Int, reserve: Int) {
    let other = try SpoolFixture()
    let spool = try other.open()
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    let header = spool.usage.bytes
    _ = try writer.append(answers)
    return (header, spool.usage.bytes - header, RoundClosing.recordBytesMax(rosterCount: 4))
  }

  @Test func answersUpToTheBoundAreTakenAndOneByteMoreIsNot() throws {
    let (header, batch, reserve) = try sizes()
    for excess in [0, 1] {
      let fixture = try SpoolFixture()
      let spool = try fixture.open(bytesMax: header + 2 * batch + reserve - excess)
      defer { spool.close() }
      let writer = try spool.begin(SpoolFixture.opening())
      _ = try writer.append(answers)
      if excess == 0 {
        _ = try writer.append(answers)
      } else {
        let error = #expect(throws: SpoolError.self) { try writer.append(answers) }
        #expect(error?.code == .full)
        #expect(error?.description.contains("raise spool.bytes_max") == true)
      }
      // The round's end always has its room.
      try writer.close(SpoolFixture.closing)
      let round = try spool.recover(writer.file)
      #expect(round.damage.isEmpty)
      #expect(round.closing != nil)
      #expect(round.answers.count == 2)
    }
  }

  @Test func aFullSpoolKeepsTheOldestAndRefusesNewRounds() throws {
    let (header, batch, reserve) = try sizes()
    let later = SpoolFixture.opening(at: SpoolFixture.start.advanced(by: .seconds(1)))
    for excess in [0, 1] {
      let fixture = try SpoolFixture()
      let spool = try fixture.open(bytesMax: 2 * (header + reserve) + batch - excess)
      defer { spool.close() }
      let first = try spool.begin(SpoolFixture.opening())
      _ = try first.append(answers)
      guard excess == 1 else {
        _ = try spool.begin(later)
        continue
      }
      let error = #expect(throws: SpoolError.self) { try spool.begin(later) }
      #expect(error?.code == .full)
      #expect(try fixture.names() == [first.file.name])
      // The end gives back what was kept free for it; then there is room.
      try first.close(SpoolFixture.closing)
      _ = try spool.begin(later)
      #expect(try spool.recover(first.file).answers.count == 2)
    }
  }

  @Test func removingAStoredRoundMakesRoom() throws {
    let (header, batch, reserve) = try sizes()
    let spool = try fixture.open(bytesMax: header + batch + reserve)
    defer { spool.close() }
    let first = try spool.begin(SpoolFixture.opening())
    _ = try first.append(answers)
    let later = SpoolFixture.opening(at: SpoolFixture.start.advanced(by: .seconds(1)))
    #expect(throws: SpoolError.self) { try spool.begin(later) }
    spool.remove(first.file)
    #expect(spool.usage.bytes == 0)
    let second = try spool.begin(later)
    _ = try second.append(answers)
    #expect(spool.usage.bytes == header + batch)
  }

  @Test func whatEarlierRunsLeftCountsToo() throws {
    let file = try fixture.writeRound()
    let size = SpoolFolder(directory: fixture.directory).byteCount(of: file.name)
    let spool = try fixture.open(bytesMax: size + 100)
    defer { spool.close() }
    #expect(spool.usage.bytes == size)
    let later = SpoolFixture.opening(at: SpoolFixture.start.advanced(by: .seconds(1)))
    #expect(throws: SpoolError.self) { try spool.begin(later) }
  }

  @Test func theLongestEndOfARoundFitsWhatIsKeptFreeForIt() throws {
    let count = 5_000
    let closing = RoundClosing(
      wallTime: .nanoseconds(Int64.max), panic: String(repeating: "\u{1}", count: 1 << 20),
      breakers: [BreakerState?](repeating: .halfOpen, count: count))
    var bytes: [UInt8] = []
    closing.json.append(to: &bytes)
    let reserve = RoundClosing.recordBytesMax(rosterCount: count)
    #expect(bytes.count + RecordPrefix.byteCount <= reserve)
  }

  @Test func aRealFullDiskRefusesTheBatchAndKeepsTheRest() async throws {
    guard geteuid() == 0 else { return }
    try FileManager.default.createDirectory(
      atPath: fixture.directory, withIntermediateDirectories: true)
    let mounted = mount("tmpfs", fixture.directory, "tmpfs", 0, "size=1m")
    // A container may forbid mounts; the injected faults above cover the same ways then.
    guard mounted == 0 else { return }
    defer { umount2(fixture.directory, 2) }
    let spool = try fixture.open()
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    let value = String(repeating: "1", count: 300_000)
    var taken = 0
    let error = #expect(throws: SpoolError.self) {
      while taken < 100 {
        _ = try writer.append([SpoolFixture.answer(0, value)])
        taken += 1
      }
    }
    #expect(error?.code == .diskFull)
    #expect(taken == 3)
    _ = try writer.append([SpoolFixture.answer(1, "[1]")])
    let round = try spool.recover(writer.file)
    #expect(round.damage.isEmpty)
    #expect(try round.value(at: 0) == ByteView(value))
    #expect(try round.value(at: 1) == ByteView("[1]"))
  }
}
