import Competition
import Foundation
import Telemetry
import Testing

@Suite struct MetricsTextTests {
  @Test func familiesAreSortedWithHelpTypeLabelsAndExactNumbers() {
    let registry = MetricsRegistry(labels: ["crunch": "c", "shard": "1/1"])
    registry.counter("updraft_b_total", "Bs.", ["status": "FAILED"]).add(3)
    registry.counter("updraft_b_total", "Bs.", ["status": "SUCCESS"]).add(1 << 40)
    registry.gauge("updraft_a", "As.").set(-2)
    var age = MetricFamily(.gauge, "updraft_age_seconds", "Age.")
    age.add(0.25, ["asset": "BTC"])
    age.add(.nan, ["asset": "ETH"])
    age.add(.infinity, ["asset": "SOL"])
    #expect(
      registry.text(adding: [age]) == """
        # HELP updraft_a As.
        # TYPE updraft_a gauge
        updraft_a{crunch="c",shard="1/1"} -2
        # HELP updraft_age_seconds Age.
        # TYPE updraft_age_seconds gauge
        updraft_age_seconds{crunch="c",shard="1/1",asset="BTC"} 0.25
        updraft_age_seconds{crunch="c",shard="1/1",asset="ETH"} NaN
        updraft_age_seconds{crunch="c",shard="1/1",asset="SOL"} +Inf
        # HELP updraft_b_total Bs.
        # TYPE updraft_b_total counter
        updraft_b_total{crunch="c",shard="1/1",status="FAILED"} 3
        updraft_b_total{crunch="c",shard="1/1",status="SUCCESS"} 1099511627776

        """)
  }

  @Test func labelsAndHelpAreEscapedSoThatOneSampleStaysOneLine() {
    let registry = MetricsRegistry()
    registry.gauge("g", "a \"b\"\\\nc", ["asset": "a\"b\\c\nd é"]).set(1)
    #expect(
      registry.text() == """
        # HELP g a "b"\\\\\\nc
        # TYPE g gauge
        g{asset="a\\"b\\\\c\\nd é"} 1

        """)
  }

  @Test func aHistogramCountsCumulativelyInSecondsAndEndsWithAll() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("h_seconds", "H.", ["method": "predict"])
    histogram.record(.microseconds(100))
    histogram.record(.milliseconds(3))
    histogram.record(.seconds(120))
    let lines = registry.text().split(separator: "\n").map(String.init)
    #expect(lines.count == 2 + 19 + 2)
    #expect(lines[1] == "# TYPE h_seconds histogram")
    #expect(lines[2] == #"h_seconds_bucket{method="predict",le="0.0001"} 1"#)
    #expect(lines[6] == #"h_seconds_bucket{method="predict",le="0.002"} 1"#)
    #expect(lines[7] == #"h_seconds_bucket{method="predict",le="0.005"} 2"#)
    #expect(lines[19] == #"h_seconds_bucket{method="predict",le="60"} 2"#)
    #expect(lines[20] == #"h_seconds_bucket{method="predict",le="+Inf"} 3"#)
    #expect(lines[21] == #"h_seconds_sum{method="predict"} 120.0031"#)
    #expect(lines[22] == #"h_seconds_count{method="predict"} 3"#)
  }

  @Test func aMeasureAskedForAgainIsTheSameOneAndFamiliesOfANameAreJoined() {
    let registry = MetricsRegistry()
    let first = registry.counter("c_total", "C.", ["a": "1"])
    #expect(registry.counter("c_total", "C.", ["a": "1"]) === first)
    #expect(registry.counter("c_total", "C.", ["a": "2"]) !== first)
    var more = MetricFamily(.counter, "c_total", "C.")
    more.add(7, ["a": "3"])
    let text = registry.text(adding: [more, MetricFamily(.gauge, "empty", "Nothing.")])
    #expect(text.split(separator: "\n").count == 5)
    #expect(text.contains(#"c_total{a="3"} 7"#))
    #expect(!text.contains("empty"))
  }

  @Test func aNameOfAnotherKindGivesAMeasureThatIsInNoText() {
    let registry = MetricsRegistry()
    registry.counter("x_total", "X.").add(2)
    registry.gauge("x_total", "X.").set(9)
    #expect(registry.text().hasSuffix("x_total 2\n"))
  }

  @Test func theProcessTellsItsCPUTimeMemoryAndDescriptors() throws {
    let text = MetricsRegistry().text(
      adding: ProcessMetrics.families(startedAt: UTCTime(secondsSinceEpoch: 1_800_000_000)))
    func value(_ name: String) throws -> Double {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
      return try #require(Double(line.dropFirst(name.count + 1)))
    }
    #expect(try value("updraft_process_cpu_seconds_total") > 0)
    #expect(try value("updraft_process_resident_memory_bytes") > 1e6)
    #expect(try value("updraft_process_start_time_seconds") == 1.8e9)
    let open = try value("updraft_process_open_fds")
    #expect(open >= 3)
    #expect(try value("updraft_process_max_fds") >= open)
  }
}

@Suite struct MetricsFileTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("updraft-metrics-\(UUID().uuidString)").path

  private func inFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body()
  }

  @Test func aTextReplacesTheOneBeforeAndLeavesNothingBeside() throws {
    try inFolder {
      let file = MetricsFile(path: folder + "/m.prom")
      try file.write(String(repeating: "long\n", count: 10_000))
      try file.write("short\n")
      #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "short\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.prom"])
    }
  }

  @Test func aReaderThatHasTheFileOpenKeepsTheWholeOldText() throws {
    try inFolder {
      let file = MetricsFile(path: folder + "/m.prom")
      try file.write("old\n")
      let reader = try #require(FileHandle(forReadingAtPath: file.path))
      try file.write("new text\n")
      #expect(try reader.readToEnd() == Data("old\n".utf8))
      try reader.close()
    }
  }

  @Test func aFolderThatIsMissingIsNamedWithTheSystemsErrorAndWhatToDo() throws {
    let file = MetricsFile(path: folder + "/nowhere/m.prom")
    let error = try #require(throws: MetricsFileError.self) { try file.write("x") }
    #expect(error.errno == ENOENT)
    #expect(error.description.hasPrefix("open \(folder)/nowhere/m.prom.tmp: No such file"))
    #expect(error.description.contains("metrics_file must name a file"))
  }

  @Test func aTargetThatCannotBeReplacedKeepsNoTemporaryFile() throws {
    try inFolder {
      let path = folder + "/is-a-folder"
      try FileManager.default.createDirectory(
        atPath: path + "/x", withIntermediateDirectories: true)
      let error = try #require(throws: MetricsFileError.self) {
        try MetricsFile(path: path).write("x")
      }
      #expect(error.operation == "rename to")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["is-a-folder"])
    }
  }
}
