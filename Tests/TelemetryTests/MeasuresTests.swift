import Competition
import Resilience
import Telemetry
import Testing

@Suite struct MeasuresTests {
  @Test func countersAndGaugesLoseNothingBetweenThreads() async {
    let counter = Counter()
    let gauge = Gauge(5)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<1_000 {
            counter.add()
            gauge.add(2)
            gauge.add(-1)
          }
        }
      }
    }
    #expect(counter.value == 8_000)
    #expect(gauge.value == 8_005)
    gauge.set(-3)
    #expect(gauge.value == -3)
  }

  @Test func anEmptyHistogramSaysZeroEverywhere() {
    let histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == 0)
    #expect(histogram.meanMicros == 0)
    #expect(histogram.maxMicros == 0)
  }

  @Test(arguments: [0.01, 0.5, 0.9, 0.99, 0.999, 1.0])
  func percentilesAreAtMostOneBucketAboveTheTruth(share: Double) {
    var histogram = LatencyHistogram()
    var values: [UInt64] = []
    var generator = SplitMix64(seed: 7)
    for _ in 0..<20_000 {
      let value = generator.next() >> (20 + generator.next() % 44)
      values.append(min(value, 1 << 35))
      histogram.record(micros: min(value, 1 << 35))
    }
    values.sort()
    let truth = values[Int((Double(values.count) * share).rounded(.up)) - 1]
    let told = histogram.percentile(share)
    #expect(told >= truth)
    #expect(Double(told) <= Double(truth) * 1.032)
  }

  @Test func smallValuesAreExactAndHugeOnesKeepTheirMaximum() {
    var histogram = LatencyHistogram()
    for micros in 0...31 { histogram.record(micros: UInt64(micros)) }
    #expect(histogram.p50Micros == 15)
    #expect(histogram.percentile(0) == 0)
    #expect(histogram.percentile(.nan) == 31)
    histogram.record(micros: .max)
    #expect(histogram.maxMicros == .max)
    #expect(histogram.percentile(1) == .max)
  }

  @Test func negativeLatenciesCountAsZero() {
    var histogram = LatencyHistogram()
    histogram.record(.milliseconds(-5))
    histogram.record(.milliseconds(2))
    #expect(histogram.minMicros == 0)
    #expect(histogram.maxMicros == 2_000)
    #expect(histogram.meanMicros == 1_000)
  }

  @Test func mergingIsTheSameAsRecordingTogether() {
    var left = LatencyHistogram()
    var right = LatencyHistogram()
    var both = LatencyHistogram()
    for micros: UInt64 in 1...500 {
      if micros % 3 == 0 { left.record(micros: micros * 7) } else { right.record(micros: micros) }
      both.record(micros: micros % 3 == 0 ? micros * 7 : micros)
    }
    left.merge(right)
    left.merge(LatencyHistogram())
    #expect(left.count == both.count)
    #expect(left.p50Micros == both.p50Micros)
    #expect(left.p99Micros == both.p99Micros)
    #expect(left.minMicros == 1)
    left.reset()
    #expect(left.count == 0)
  }
}
