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
}
