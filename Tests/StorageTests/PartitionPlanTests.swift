import Competition
import Testing

@testable import Storage

@Suite struct PartitionPlanTests {
  /// Sunday, 2026-11-22 11:01:54.82.
  private let now = TestRound.start

  private func partition(_ from: String?, _ until: String?) throws -> Partition {
    Partition(
      name: "p", from: try from.map { try #require(UTCTime(iso8601: $0)) },
      until: try until.map { try #require(UTCTime(iso8601: $0)) }, isDefault: false,
      isDetaching: false, isLeaf: true, qualifiedName: "public.p")
  }

  private func names(_ existing: [Partition], _ span: PartitionSpan = .day) -> [String] {
    PartitionPlan.missing(after: existing, at: now, span: span).map {
      "\($0.lowerBound.iso8601.prefix(10))…\($0.upperBound.iso8601.prefix(10))"
    }
  }

  @Test func theFirstDaysBeginAtMidnightAndReachAWeekAhead() {
    let days = names([])
    #expect(days.count == 8)
    #expect(days.first == "2026-11-22…2026-11-23")
    #expect(days.last == "2026-11-29…2026-11-30")
  }

  @Test func weeksBeginOnMonday() {
    #expect(names([], .week) == ["2026-11-16…2026-11-23", "2026-11-23…2026-11-30"])
  }

  @Test func whatExistsIsContinuedInTheWidthOfTheNewest() throws {
    let week = try partition("2026-11-16", "2026-11-23")
    #expect(names([week]) == ["2026-11-23…2026-11-30"])
    let ahead = try partition("2026-11-29", "2026-11-30")
    #expect(names([week, ahead]).isEmpty)
  }

  @Test func afterAnIdleTimeTheGapIsLeftOut() throws {
    let old = try partition("2026-10-01", "2026-10-02")
    #expect(names([old]).first == "2026-11-22…2026-11-23")
    let oddWeek = try partition("2026-10-01", "2026-10-08")
    #expect(names([oddWeek]).first == "2026-11-19…2026-11-26")
  }

  @Test func anOpenBeginningCountsAsItsEnd() throws {
    #expect(names([try partition(nil, "2026-11-25")]).first == "2026-11-25…2026-11-26")
  }

  @Test func narrowPartitionsAreMadeTenAtATime() throws {
    let hour = try partition("2026-11-22T10:00", "2026-11-22T11:00")
    #expect(names([hour]).count == PartitionPlan.countMax)
  }

  @Test func timesBefore1970HaveAStartToo() {
    let early = UTCTime(secondsSinceEpoch: -1)
    #expect(PartitionSpan.day.start(of: early).iso8601 == "1969-12-31T00:00:00")
    #expect(PartitionSpan.week.start(of: early).iso8601 == "1969-12-29T00:00:00")
  }
}
