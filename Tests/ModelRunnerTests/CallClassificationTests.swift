import Competition
import Resilience
import Testing

@testable import GRPC
@testable import ModelRunner

@Suite struct CallClassificationTests {
  /// Classifies an answer with gRPC status OK.
  private func classify(_ message: [UInt8]) -> ClassifiedEnd {
    let now = MonotonicInstant.now()
    return ClassifiedEnd(
      UnaryEnd(
        status: .ok, message: ByteView(copying: message), metadata: [:], origin: .server,
        sentAt: now, endedAt: now), hasAbandoned: false)
  }

  private func answer(_ code: String, _ text: String = "") -> [UInt8] {
    var writer = ProtobufWriter()
    writer.message(1) { status in
      status.text(1, code)
      if !text.isEmpty { status.text(2, text) }
    }
    return writer.bytes
  }

  private func success(_ type: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.message(2) { variant in
      variant.varint(2, type)
      variant.bytes(3, bytes)
    }
    return answer("SUCCESS") + writer.bytes
  }

  @Test(arguments: [
    ("MODEL_FAILED", FailureKind.modelFailed), ("SETUP_FAILED", .modelFailed),
    ("UNKNOWN", .modelFailed), ("SOMETHING_NEW", .modelFailed), ("success", .modelFailed),
    ("", .modelFailed), ("BAD_IMPLEMENTATION", .badImplementation),
    ("INVALID_ARGUMENT", .coordinatorMisuse), ("FAILED_PRECONDITION", .coordinatorMisuse),
  ])
  func everyStatusCodeHasItsEnd(code: String, kind: FailureKind) {
    let end = classify(answer(code, "because"))
    #expect(end.end == .failure(kind) && end.value == nil)
    #expect(end.detail == (code.isEmpty ? "no status in the answer" : "\(code): because"))
    #expect(classify(answer(code)).detail == (code.isEmpty ? "no status in the answer" : code))
  }

  @Test func aSuccessMayHaveNoValue() {
    for message in [answer("SUCCESS"), success(0, []), success(0, [1, 2])] {
      let end = classify(message)
      #expect(end.end == .success && end.value == nil && end.detail == nil)
    }
  }

  @Test(
    arguments: [
      (1, [0, 0, 0, 0, 0, 0, 0, 0]), (2, [0, 0, 0, 0, 0, 0, 0, 0]), (3, []), (3, [0xC3, 0xA9]),
      (4, Array("PAR1\u{0}\u{0}\u{0}\u{0}PAR1".utf8)), (6, [0xFF]), (6, []),
    ] as [(UInt64, [UInt8])])
  func aUsableValueIsPassedOnUnchanged(type: UInt64, bytes: [UInt8]) {
    let end = classify(success(type, bytes))
    #expect(end.end == .success && end.detail == nil)
    #expect(end.value?.type.rawValue == type && end.value?.bytes.array == bytes)
  }

  @Test(
    arguments: [
      (1, [0], FailureKind.malformed), (2, [0], .undecodable), (3, [0xFF], .undecodable),
      (4, [0xFF], .undecodable),
      (4, Array("PAR1....PAR1".utf8), .undecodable), (5, [1], .undecodable), (7, [1], .undecodable),
      (.max, [1], .undecodable),
    ] as [(UInt64, [UInt8], FailureKind)])
  func anUndecodableValueIsAFailure(type: UInt64, bytes: [UInt8], kind: FailureKind) {
    let end = classify(success(type, bytes))
    #expect(end.end == .failure(kind) && end.value == nil)
    #expect(end.detail?.hasPrefix("UNDECODABLE: ") == true)
  }

  @Test(arguments: [
    [0x0A], [0x0A, 0x7F, 1], [0x12, 0x02, 0x10], [0x0B], [0x0A, 0x02, 0x0A, 0x05],
  ])
  func anAnswerThatIsNoMessageIsAFailure(bytes: [UInt8]) {
    let end = classify(bytes)
    #expect(end.end == .failure(.undecodable))
    #expect(end.detail?.hasPrefix("UNDECODABLE: malformed protobuf") == true)
  }

  @Test func unknownFieldsOfAnAnswerAreIgnored() {
    var writer = ProtobufWriter()
    writer.varint(1, 9)
    writer.text(9, "later")
    let end = classify(writer.bytes + success(6, [0x31]))
    #expect(end.end == .success && end.value?.bytes.array == [0x31])
  }

  @Test(arguments: [
    (UnaryEnd.Origin.server, GRPCStatus.Code.resourceExhausted, TimeoutKind.busy),
    (.server, .deadlineExceeded, .deadline), (.server, .cancelled, .deadline),
    (.server, .unavailable, .transport), (.server, .internal, .status),
    (.server, .unimplemented, .status), (.server, .unknown, .status),
    (.server, .unauthenticated, .status), (.transport, .unavailable, .transport),
    (.transport, .resourceExhausted, .transport), (.transport, .internal, .transport),
    (.local, .unimplemented, .status), (.local, .internal, .status),
    // Refused for the sake of the round's memory: no breaker counts it.
    (.local, .aborted, .ours), (.server, .aborted, .status),
  ])
  func everyGRPCErrorIsATimeout(
    origin: UnaryEnd.Origin, code: GRPCStatus.Code, kind: TimeoutKind
  ) {
    let end = statusEnd(origin, code)
    #expect(end.end == .timeout(kind) && end.value == nil)
    #expect(end.detail == "\(code.name): why")
    for policy in [BreakerPolicy.fair, .compatible] {
      #expect(policy.status(of: end.end) == .timeout)
    }
  }

  @Test func aBusyServerIsExcusedWhileACallThatWeGaveUpMayStillRun() {
    #expect(
      statusEnd(.server, .resourceExhausted, hasAbandoned: true).end
        == .timeout(.busyAfterAbandoned))
  }

  @Test func anAnswerOverItsLimitIsAFailureThatCompatibleTakesForATimeout() {
    let end = statusEnd(.local, .resourceExhausted)
    #expect(end.end == .failure(.oversized))
    #expect(BreakerPolicy.fair.status(of: end.end) == .failed)
    #expect(BreakerPolicy.compatible.status(of: end.end) == .timeout)
  }

  private func statusEnd(
    _ origin: UnaryEnd.Origin, _ code: GRPCStatus.Code, hasAbandoned: Bool = false
  ) -> ClassifiedEnd {
    let now = MonotonicInstant.now()
    return ClassifiedEnd(
      UnaryEnd(
        status: GRPCStatus(code, "why"), message: nil, metadata: [:], origin: origin, sentAt: now,
        endedAt: now),
      hasAbandoned: hasAbandoned)
  }
}
