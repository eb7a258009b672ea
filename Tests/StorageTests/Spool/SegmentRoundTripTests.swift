import Competition
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct SegmentRoundTripTests {
  private let fixture: SpoolFixture

  init() throws { fixture = try SpoolFixture() }

  @Test func aWholeRoundIsReadBackAsItWasWritten() throws {
    try fixture.writeRound()
    let spool = try fixture.open()
    defer { spool.close() }
    let file = try #require(spool.leftovers().first)
    let round = try spool.recover(file)
    #expect(round.damage.isEmpty)
    #expect(round.crunchID == "game")
    #expect(round.shard == .whole)
    #expect(round.closing == SpoolFixture.closing)
    #expect(
      try round.outcomes() == [
        #"0 SUCCESS - [{"a":1}]"#, "1 SUCCESS - [2.5]", "2 TIMEOUT LATE: x -",
      ])
    let opening = SpoolFixture.opening()
    #expect(round.opening.params == opening.params)
    #expect(round.opening.performedAt == opening.performedAt)
    #expect(round.opening.lateBy == opening.lateBy)
    #expect(round.opening.timeout == opening.timeout)
    #expect(round.opening.isMarketClosed)
    #expect(round.opening.models == opening.models)
    #expect(round.opening.entries == opening.entries)
  }

  @Test func aRecoveredRoundHasARecordForEachModel() throws {
    let file = try fixture.writeRound()
    let record = try SpoolFolder(directory: fixture.directory).read(file).record()
    #expect(record.records.map(\.status) == [.success, .success, .timeout, .absent])
    #expect(record.records.map(\.breaker) == [.closed, .halfOpen, .open, nil])
    #expect(record.records.map(\.wasSent) == [true, true, true, false])
    #expect(record.records.map(\.detail) == [nil, nil, "LATE: x", nil])
    #expect(record.records[0].id == "PRE_m0_20261122_110154.820")
    #expect(record.wallTime == .milliseconds(42))
    #expect(record.lateBy == .milliseconds(3))
    #expect(record.isMarketClosed)
    #expect(record.models == [TestRound.row(ModelID("m0"))])
  }

  @Test func modelsOfARoundThatWasCutOffAreFailedAsRestarted() throws {
    let spool = try fixture.open()
    let writer = try spool.begin(SpoolFixture.opening())
    _ = try writer.append([SpoolFixture.answer(1, "[1]")])
    spool.close()
    let round = try SpoolFolder(directory: fixture.directory).read(writer.file)
    let record = round.record()
    #expect(round.mayBeInProgress)
    #expect(record.records.map(\.status) == [.failed, .success, .failed, .absent])
    #expect(record.records[0].detail?.hasPrefix("RESTARTED: worker restarted") == true)
    #expect(record.records[0].wasSent == false)
    #expect(record.records[3].detail == nil)
    #expect(record.wallTime == .microseconds(100))
  }

  @Test func everyKindOfValueAndTextSurvives() throws {
    let spool = try fixture.open()
    defer { spool.close() }
    let names = ["\"\\\u{0}\n", "модель 🜂", "", String(repeating: "x", count: 5_000)]
    let writer = try spool.begin(
      RoundOpening(
        params: PredictionParams(asset: "B\"T\u{0}C", horizonSeconds: 1, stepSeconds: 1),
        performedAt: SpoolFixture.start, timeout: .milliseconds(1), models: [],
        entries: names.map { RoundOpening.Entry(modelID: ModelID($0), isCalled: true) }))
    let values: [ByteView?] = [
      ByteView(copying: [0xFF, 0x00, 0x0A]), ByteView(""), nil,
      ByteView(copying: (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
    ]
    let statuses = PredictionStatus.allCases
    let details = [nil, "", "привет\u{0}", String(repeating: "é", count: 50_000)]
    let locations = try writer.append(
      values.indices.map { index in
        SpooledAnswer(
          index: index, status: statuses[index], execTimeMicros: index == 0 ? .infinity : 0.1,
          wasSent: index % 2 == 0, detail: details[index], value: values[index])
      })
    #expect(locations.map { $0 == nil } == [false, false, true, false])
    let round = try spool.recover(writer.file)
    #expect(round.damage.isEmpty)
    #expect(round.opening.entries.map(\.modelID.rawValue) == names)
    #expect(round.opening.params.asset == "B\"T\u{0}C")
    for (index, value) in values.enumerated() {
      let answer = try #require(round.answers[index]?.answer)
      #expect(try round.value(at: index) == value)
      #expect(try locations[index].map { try writer.read($0) } == value)
      #expect(answer.status == statuses[index])
      #expect(answer.wasSent == (index % 2 == 0))
    }
    #expect(round.answers[0]?.answer.execTimeMicros == .infinity)
    #expect(round.answers[1]?.answer.detail == "")
    #expect(round.answers[2]?.answer.detail == "привет\u{0}")
    #expect(round.answers[3]?.answer.detail == String(repeating: "é", count: 32_768))
  }

  @Test func moreAnswersThanOneCallTakesGoInOneBatch() throws {
    let counted = CountedSystem()
    let spool = try fixture.open(system: counted.system())
    defer { spool.close() }
    let count = 3_000
    let writer = try spool.begin(SpoolFixture.opening(count + 1))
    let before = counted.counts.writes
    let answers = (0..<count).map { SpoolFixture.answer($0, "[\($0)]") }
    let locations = try writer.append(answers)
    // 3,000 values and as many prefixes, 1,024 to a call.
    #expect(counted.counts.writes - before == 6)
    for index in [0, 511, 512, 1_024, 2_999] {
      #expect(try writer.read(#require(locations[index])) == ByteView("[\(index)]"))
    }
    #expect(try spool.recover(writer.file).answers.count == count)
  }

  @Test func theLaterOfTwoAnswersOfOneModelCounts() throws {
    let spool = try fixture.open()
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    _ = try writer.append([SpoolFixture.answer(0, "[1]"), SpoolFixture.answer(0, "[2]")])
    #expect(try spool.recover(writer.file).outcomes() == ["0 SUCCESS - [2]"])
  }

  @Test func aReaderReadsOnWhenTheSegmentHasBeenRemoved() throws {
    let spool = try fixture.open()
    defer { spool.close() }
    let writer = try spool.begin(SpoolFixture.opening())
    let location = try #require(try writer.append([SpoolFixture.answer(0, "[1]")])[0])
    let reader = try SegmentReader(writer.file)
    spool.remove(writer.file)
    #expect(try reader.read(location) == ByteView("[1]"))
    #expect(try fixture.names() == [])
    #expect(spool.usage.bytes == 0)
    #expect(spool.usage.rounds == 0)
  }

  @Test(arguments: ["../../etc", "a/b", "-rf \u{1B}[2J", String(repeating: "é", count: 300), ""])
  func aSegmentsNameIsSafeWhateverTheCompetitionIsCalled(crunchID: String) throws {
    let spool = try fixture.open(crunchID: crunchID)
    defer { spool.close() }
    let file = try spool.begin(SpoolFixture.opening()).file
    #expect(file.name.hasPrefix("20261122_110154.820_"))
    #expect(file.name.utf8.count < 120)
    #expect(file.name.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) })
    let listed = SegmentFile(directory: fixture.directory, name: file.name)
    #expect(listed == file)
    #expect(try spool.recover(file).crunchID == crunchID)
  }
}
