import Competition
import JSON
import ModelRunner

/// Prints a JSON object for each round on a line of its own, then one for the summary.
struct JSONCallReport: CallReport {
  let showsResults: Bool
  let showsValues: Bool

  func round(_ round: CallRound, number: Int, cpuTime: Duration, late: Duration?) {
    let head: JSONValue = [
      "round": .int(Int64(number)), "wall_ms": .double(round.wallTime.roundedMillis),
      "cpu_ms": .double(cpuTime.roundedMillis),
      "success": .int(Int64(round.count(.success))), "failed": .int(Int64(round.count(.failed))),
      "timeout": .int(Int64(round.count(.timeout))), "sent": .int(Int64(round.sentCount)),
    ]
    var line = Array(head.text().utf8)
    if let late {
      Self.reopen(&line)
      line += "\"late_ms\":\(late.roundedMillis)}".utf8
    }
    if showsResults {
      Self.reopen(&line)
      line += "\"results\":[".utf8
      let checker = JSONChecker(depthMax: 1_024, bytesMax: Limits.replyBytesCeiling)
      for (index, result) in round.results.enumerated() {
        if index > 0 { line.append(UInt8(ascii: ",")) }
        append(result, to: &line, checker)
      }
      line += "]}".utf8
    }
    line.append(UInt8(ascii: "\n"))
    Output.write(line)
  }

  func summary(_ summary: CallSummary) {
    let wall: JSONValue = [
      "p50": .double(summary.wallTime(atShare: 0.5).roundedMillis),
      "p99": .double(summary.wallTime(atShare: 0.99).roundedMillis),
      "max": .double(summary.wallTime(atShare: 1).roundedMillis),
    ]
    let object: JSONValue = [
      "summary": true, "models": .int(Int64(summary.modelCount)),
      "connected": .int(Int64(summary.connectedCount)),
      "connect_ms": .double(summary.connectTime.roundedMillis),
      "connect_cpu_ms": .double(summary.connectCPUTime.roundedMillis),
      "delegation_checks": .int(Int64(summary.delegationCheckCount)),
      "rounds": .int(Int64(summary.wallTimes.count)), "wall_ms": wall,
      "cpu_ms_per_round": .double(summary.cpuTimePerRound.roundedMillis),
      "rss_idle_mb": .double(Self.megabytes(summary.residentIdleBytes)),
      "rss_peak_mb": .double(Self.megabytes(ProcessUsage.residentPeakBytes)),
      "reports": .array(summary.reports.map(Self.json)),
    ]
    Output.line(object.text())
  }

  private func append(_ result: CallResult, to line: inout [UInt8], _ checker: JSONChecker) {
    let object: JSONValue = [
      "model_id": .string(result.model.modelID.rawValue),
      "status": .string(result.status.rawValue),
      "exec_time_us": .double((result.execTimeMicros * 10).rounded() / 10),
      "detail": result.detail.map { .string($0) } ?? .null,
    ]
    object.append(to: &line)
    guard showsValues else { return }
    Self.reopen(&line)
    let value = RenderedValue(result.value, checker: checker)
    line += "\"value\":".utf8
    line += value.json
    let type = result.value?.type ?? .none
    line += ",\"value_type\":\"\(type.wireName)\"".utf8
    if let note = value.note {
      line += ",\"value_note\":".utf8
      JSONValue.string(note).append(to: &line)
    }
    line.append(UInt8(ascii: "}"))
  }

  /// MiB with one decimal.
  private static func megabytes(_ bytes: Int) -> Double {
    (Double(bytes) / 1_048_576 * 10).rounded() / 10
  }

  /// Takes the closing brace of an object away and puts a comma there.
  private static func reopen(_ line: inout [UInt8]) {
    line.removeLast()
    line.append(UInt8(ascii: ","))
  }

  private static func json(_ report: FailureReport) -> JSONValue {
    [
      "model_id": .string(report.modelID.rawValue), "failure_code": .string(report.code.rawValue),
      "failure_reason": .string(report.reason), "ip": .string(report.host),
    ]
  }
}

extension VariantType {
  /// The type's name in the protocol: `JSON`.
  var wireName: String { "\(self)".uppercased() }
}
