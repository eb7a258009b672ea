import Testing

@testable import Benchmarking

struct CallLinesTests {
  private static let summary =
    #"{"summary":true,"connected":2,"connect_ms":7,"cpu_ms_per_round":1.5}"#

  private func rounds(_ lines: String...) throws -> CallLines {
    try CallLines((lines + [Self.summary]).joined(separator: "\n"))
  }

  @Test func roundsAndSummaryAreRead() throws {
    let lines = try rounds(
      #"{"wall_ms":4,"success":2,"sent":2}"#,
      #"{"wall_ms":5,"success":1,"sent":2,"results":[{"model_id":"a","status":"SUCCESS","#
        + #""exec_time_us":1500},{"model_id":"b","status":"TIMEOUT"}]}"#)
    #expect(lines.connectedCount == 2 && lines.connectMillis == 7 && lines.cpuMillisPerRound == 1.5)
    #expect(lines.answeredShare == 0.75)
    #expect(lines.rounds[1].models == ["a": .answered(1.5), "b": .timeout])
    #expect(lines.latencies(intervalMillis: 0, warmup: 1) == [5])
  }

  @Test func latenessCountsWhenTheClientTellsItAndIsComputedElse() throws {
    let told = try rounds(
      #"{"wall_ms":15,"success":1,"sent":1,"late_ms":1}"#,
      #"{"wall_ms":5,"success":1,"sent":1,"late_ms":6}"#)
    #expect(told.latencies(intervalMillis: 10, warmup: 0) == [16, 11])
    let silent = try rounds(
      #"{"wall_ms":15,"success":1,"sent":1}"#, #"{"wall_ms":5,"success":1,"sent":1}"#)
    #expect(silent.latencies(intervalMillis: 10, warmup: 0) == [15, 10])
  }

  @Test func whatIsNoClientsOutputIsRefusedByItsLine() {
    #expect(throws: BenchError("a client ended without its summary")) {
      try CallLines(#"{"wall_ms":1,"success":1,"sent":1}"#)
    }
    #expect(throws: BenchError.self) { try CallLines("Segmentation fault\n" + Self.summary) }
    #expect(throws: BenchError.self) { try CallLines("{}\n" + Self.summary) }
  }
}
