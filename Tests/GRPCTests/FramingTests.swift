import Competition
import Testing

@testable import GRPC

@Suite struct FramingTests {
  @Test func aFrameIsAFlagALengthAndTheMessage() {
    #expect(GRPCFrame.encode([]).array == [0, 0, 0, 0, 0])
    #expect(GRPCFrame.encode([7, 8]).array == [0, 0, 0, 0, 2, 7, 8])
    let lazy = (0..<300).lazy.map { UInt8(truncatingIfNeeded: $0) }
    let frame = GRPCFrame.encode(lazy)
    #expect(frame.count == 305 && frame.free == 0)
    #expect(frame.array.prefix(7) == [0, 0, 0, 1, 44, 0, 1])
  }

  @Test func statusNamesAreThoseOfGRPC() {
    #expect(
      GRPCStatus.Code.allCases.map(\.name) == [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
        "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
      ])
    #expect(GRPCStatus.Code.allCases.map(\.rawValue) == Array(0...16))
    #expect(GRPCStatus(.unavailable, "gone").description == "UNAVAILABLE: gone")
    #expect(GRPCStatus.ok.description == "OK")
  }

  @Test(arguments: [
    (Duration.seconds(60), "60000000u"), (.milliseconds(1), "1000u"), (.zero, "1u"),
    (.seconds(-5), "1u"), (.nanoseconds(1_001), "2u"), (.microseconds(99_999_999), "99999999u"),
    (.seconds(100), "100000m"), (.microseconds(100_000_001), "100001m"),
    (.seconds(99_999), "99999000m"), (.seconds(100_000), "100000S"),
    (.milliseconds(100_000_001), "100001S"), (.seconds(Int64.max), "99999999S"),
  ])
  func theTimeoutIsAtMostEightDigitsAndNeverShorterThanOurs(timeout: Duration, text: String) {
    #expect(timeoutText(timeout) == text)
  }
}

extension SharedBytes {
  /// A copy of the bytes.
  var array: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }
}
