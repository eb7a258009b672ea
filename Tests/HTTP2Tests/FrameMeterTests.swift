import Competition
import Testing

@testable import HTTP2

@Suite struct FrameMeterTests {
  private static let start = MonotonicInstant(nanoseconds: 1_000_000_000)
  private static let ping = frame(type: 6, [UInt8](repeating: 7, count: 8))

  /// A meter, and how many of the same frames it takes before it names one.
  private func count(
    _ bytes: [UInt8], pieces: Int = 1_000_000, until most: Int = 100_000,
    at now: MonotonicInstant = start, in meter: inout FrameMeter
  ) -> (taken: Int, name: String?) {
    for taken in 0..<most {
      var rest = bytes[...]
      while !rest.isEmpty {
        let name = Array(rest.prefix(pieces)).withUnsafeBytes {
          meter.take($0, at: now) { $0 == 3 }
        }
        if let name { return (taken, name) }
        rest = rest.dropFirst(pieces)
      }
    }
    return (most, nil)
  }

  @Test(arguments: [1, 5, 9, 1_000])
  func theLimitIsTakenAndOneFrameMoreIsNamedHoweverTheBytesAreCut(pieces: Int) {
    var meter = FrameMeter(at: Self.start)
    let (taken, name) = count(Self.ping, pieces: pieces, in: &meter)
    #expect(taken == Limits.controlFramesMax && name == "PING")
  }

  @Test(arguments: [
    (1, "HEADERS"), (2, "PRIORITY"), (3, "RST_STREAM"), (4, "SETTINGS"), (7, "GOAWAY"),
    (8, "WINDOW_UPDATE"), (9, "CONTINUATION"), (99, "type 99"),
  ])
  func everyKindOfFrameIsWeighedByItsSize(type: UInt8, name: String) {
    for (size, cost) in [(0, 1), (1_023, 1), (1_024, 2), (16_384, 17)] {
      var meter = FrameMeter(at: Self.start)
      let bytes = frame(type: type, stream: 3, [UInt8](repeating: 0, count: size))
      let (taken, said) = count(bytes, in: &meter)
      #expect(taken == Limits.controlFramesMax / cost && said == name)
    }
  }

  @Test func anAnswersDataIsFreeUnlessItComesInCrumbs() {
    func taken(_ size: Int, flags: UInt8 = 0) -> Int {
      var meter = FrameMeter(at: Self.start)
      meter.requestWillBeSent()
      let bytes = frame(
        type: 0, flags: flags, stream: 3, [UInt8](repeating: 0, count: size))
      return count(bytes, until: 3_000, in: &meter).taken
    }
    #expect(taken(256) == 3_000 && taken(255) == Limits.controlFramesMax)
    #expect(taken(1, flags: 1) == 3_000, "the end of an answer is as short as it is")
    #expect(taken(512, flags: 8) == 3_000 && taken(511, flags: 8) == Limits.controlFramesMax)
  }

  @Test func anAnswerMayBeAsLargeAsTheCeilingAndTheWindowAndNotEndless() {
    let piece = frame(type: 0, stream: 3, [UInt8](repeating: 0, count: 1 << 20))
    for callCount in 0...3 {
      var meter = FrameMeter(at: Self.start)
      for _ in 0..<callCount { meter.requestWillBeSent() }
      let calls = min(callCount, 2)
      let (taken, name) = count(piece, in: &meter)
      #expect(taken == calls * (64 + 16) && name == "DATA")
    }
  }

  @Test func dataThatNobodyWaitsForMayFillOneWindowAfterEachReset() {
    var meter = FrameMeter(at: Self.start)
    let stray = frame(type: 0, stream: 5, [UInt8](repeating: 0, count: 1 << 20))
    #expect(count(stray, until: 16, in: &meter) == (16, nil))
    meter.streamWasReset()
    #expect(count(stray, in: &meter) == (16, "DATA"))
  }

  @Test func creditIsEarnedWithTimeCallsAndBodiesAndNeverOverTheLimit() {
    var meter = FrameMeter(at: Self.start)
    func spend(_ meter: inout FrameMeter, at now: MonotonicInstant = Self.start) -> Int {
      count(frame(type: 4, []), at: now, in: &meter).taken
    }
    _ = spend(&meter)
    // The frame that was too many is owed.
    meter.requestWillBeSent()
    #expect(spend(&meter) == Limits.controlFramesPerCall - 1)
    for _ in 0..<8 { meter.bodyWasSent(Limits.bodyBytesPerControlFrame / 2) }
    #expect(spend(&meter) == 3)
    var now = Self.start
    for _ in 0..<3 {
      now = now.advanced(by: .milliseconds(350))
      _ = [UInt8]().withUnsafeBytes { meter.take($0, at: now) { _ in true } }
    }
    #expect(spend(&meter, at: now) == Limits.controlFramesPerSecond - 1)
    #expect(spend(&meter, at: now.advanced(by: .seconds(86_400))) == Limits.controlFramesMax)
    #expect(spend(&meter, at: Self.start) == 0, "a clock that stands or goes back earns nothing")
  }

  @Test func aServerThatAcknowledgesEveryFrameOfAHistoryTwiceStaysFarBelowTheLimit() {
    var meter = FrameMeter(at: Self.start)
    let update = frame(type: 8, stream: 3, [0, 0, 0x40, 0])
    for _ in 1...20 {
      meter.requestWillBeSent()
      for _ in 0..<285 {
        meter.bodyWasSent(16_384)
        #expect(count(update, until: 2, in: &meter).name == nil)
      }
    }
    #expect(meter.credit > Limits.controlFramesMax / 2)
  }
}
