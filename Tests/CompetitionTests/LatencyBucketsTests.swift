import Competition
import Testing

@Suite struct LatencyBucketsTests {
  @Test func aBoundBelongsToItsBucketAndWhatIsAboveToTheNext() {
    for (index, bound) in LatencyBuckets.boundsMicros.enumerated() {
      var buckets = LatencyBuckets()
      buckets.record(micros: bound)
      buckets.record(micros: bound.nextUp)
      #expect(buckets.counts[index] == 1)
      #expect(buckets.counts[index + 1] == 1)
      #expect(buckets.count == 2)
    }
  }

  @Test func whatIsNoTimeCountsAsZeroAndWhatIsEndlessInTheLast() {
    var buckets = LatencyBuckets()
    buckets.record(micros: -1)
    buckets.record(micros: .nan)
    #expect(buckets.counts.first == 2)
    #expect(buckets.sumMicros == 0)
    buckets.record(.seconds(86_400))
    #expect(buckets.counts.last == 1)
  }

  @Test func mergingAddsCountsAndSums() {
    var all = LatencyBuckets()
    var one = LatencyBuckets()
    one.record(.milliseconds(3))
    all.merge(one)
    all.merge(one)
    #expect(all.count == 2)
    #expect(all.sumMicros == 6_000)
    #expect(all.counts[5] == 2)
  }

  @Test func storedCountsComeBackEachTakenForItsBucketsBound() {
    var measured = LatencyBuckets()
    for micros in [90.0, 1_500, 80_000_000] { measured.record(micros: micros) }
    let read = LatencyBuckets(counts: measured.counts + [7])
    #expect(read.counts == measured.counts)
    #expect(read.sumMicros == 100 + 2_000 + 60_000_000)
    #expect(LatencyBuckets(counts: []).count == 0)
  }
}
