import Competition
import Testing

@Suite struct MonotonicInstantTests {
  private let instant = MonotonicInstant(nanoseconds: 5_000)

  @Test func anInstantMovesBothWaysAndNeverBeforeTheStart() {
    #expect(instant.advanced(by: .nanoseconds(7)).nanoseconds == 5_007)
    #expect(instant.advanced(by: .nanoseconds(-7)).nanoseconds == 4_993)
    #expect(instant.advanced(by: .seconds(-1)).nanoseconds == 0)
    #expect(instant.advanced(by: .seconds(Int64.min)).nanoseconds == 0)
  }

  @Test func aDeadlineWithoutEndIsFarAwayAndNotLongAgo() {
    for forever in [Duration.seconds(Int64.max), .nanoseconds(Int64.max)] {
      #expect(instant.advanced(by: forever).since(instant) > .seconds(9_000_000_000))
    }
  }
}
