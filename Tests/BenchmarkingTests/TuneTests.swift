import Testing

@testable import Benchmarking

struct TuneTests {
  /// 99 fast models and a slow one, ten calls each.
  private func times(slow: HeatMap.Cell) -> ModelTimes {
    var times = ModelTimes()
    for model in 0..<100 {
      for _ in 0..<10 { times.add(model == 0 ? slow : .answered(15), of: "m\(model)") }
    }
    return times
  }

  private func load(_ change: (inout TuneAdvice.Load) -> Void = { _ in }) -> TuneAdvice.Load {
    var load = TuneAdvice.Load(
      models: 100, roundBytes: 5_500_000, roundsPerMinute: 5, cpuMillisPerRound: 120,
      connectCPUMillis: 50, cores: 2)
    change(&load)
    return load
  }

  private func value(_ name: String, _ advice: TuneAdvice) -> String? {
    advice.settings.first { $0.name == name }?.value
  }

  @Test func theShortestDeadlineThatKeepsToTheGoalIsAdvised() {
    let advice = TuneAdvice(times: times(slow: .answered(400)), load: load())
    #expect(advice.timeout?.millis == 500)
    #expect(value("predict.timeout", advice) == "500ms")
    var loose = TuneAdvice.Goal()
    loose.cutShareMax = 0.01
    let cheaper = TuneAdvice(times: times(slow: .answered(400)), load: load(), goal: loose)
    #expect(cheaper.timeout?.millis == 20)
    #expect(cheaper.timeout?.cutShare == 0.01 && cheaper.timeout?.lostModelShare == 0.01)
  }

  @Test func callsThatHadTimedOutAreCutOffByEveryDeadline() {
    let advice = TuneAdvice(times: times(slow: .timeout), load: load())
    #expect(advice.timeout == nil)
    #expect(value("predict.timeout", advice) == "60s")
    #expect(advice.settings[0].reason.contains("1 % of the calls"))
  }

  @Test func settingsFollowFromTheFormulas() {
    let advice = TuneAdvice(times: times(slow: .answered(1)), load: load())
    #expect(value("predict.loops", advice) == "2", "⌈120 / 50⌉ = 3, but there are 2 cores")
    #expect(value("limits.connects_in_progress_max", advice) == "100", "50 / 0.5")
    // 1.25 · 5.5 MB · 5 / 60 s · 21,600 s = 12.375 GB
    #expect(value("spool.bytes_max", advice) == "12GiB")
    #expect(value("limits.round_bytes_max", advice) == "256MiB")
  }

  @Test func whatWasNotMeasuredIsNotAdvised() {
    let advice = TuneAdvice(
      times: times(slow: .answered(1)),
      load: load { ($0.roundBytes, $0.cpuMillisPerRound, $0.connectCPUMillis) = (nil, nil, nil) })
    #expect(advice.settings.map(\.name) == ["predict.timeout"])
  }

  @Test func aFileWithoutResultsIsRefused() {
    let text = #"{"wall_ms":1,"success":1,"sent":1}"# + "\n" + #"{"summary":true}"#
    #expect(throws: BenchError.self) { try ModelTimes(callLines: text) }
  }
}
