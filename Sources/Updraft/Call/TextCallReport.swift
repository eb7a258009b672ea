import Competition
import JSON
import ModelRunner
import Telemetry

/// Prints a line for each round and for each of its models, for people.
struct TextCallReport: CallReport {
  /// The longest text of one cell; the rest is left out.
  private static let cellLengthMax = 300

  let showsValues: Bool

  func round(_ round: CallRound, number: Int, cpuTime: Duration, late: Duration?) {
    Output.line(
      "round \(number): \(round.results.count) models in \(round.wallTime.millisText): "
        + "\(round.count(.success)) success, \(round.count(.failed)) failed, "
        + "\(round.count(.timeout)) timeout; \(round.sentCount) sent")
    let width = round.results.map { $0.model.modelID.rawValue.count }.max() ?? 0
    let checker = JSONChecker(depthMax: 1_024, bytesMax: Limits.replyBytesCeiling)
    var text = ""
    for result in round.results {
      text += "  " + line(result, width: min(width, 40), checker) + "\n"
    }
    Output.text(text)
  }

  func summary(_ summary: CallSummary) {
    Output.line(
      (summary.wallTimes.count == 1 ? "1 round" : "\(summary.wallTimes.count) rounds")
        + ", \(summary.connectedCount) of \(summary.modelCount) models"
        + " connected in \(summary.connectTime.millisText)")
    Output.line(
      "wall p50 \(summary.wallTime(atShare: 0.5).millisText), "
        + "p99 \(summary.wallTime(atShare: 0.99).millisText), "
        + "max \(summary.wallTime(atShare: 1).millisText); "
        + "CPU \(summary.cpuTimePerRound.millisText) a round; "
        + "memory at most \(ByteCountText.describe(ProcessUsage.residentPeakBytes))")
    for report in summary.reports {
      Output.line(
        "reported \(OneLine.escaped(report.modelID.rawValue)): \(report.code.rawValue), "
          + OneLine.escaped(report.reason))
    }
    if summary.sentCount == 0 { Output.line("no model was called") }
  }

  private func line(_ result: CallResult, width: Int, _ checker: JSONChecker) -> String {
    let name = OneLine.escaped(result.model.modelID.rawValue)
    let status = result.status.rawValue
    let time = Duration.nanoseconds(Int64(result.execTimeMicros * 1_000)).millisText
    var line = name + Self.fill(width - name.count + 2) + status + Self.fill(9 - status.count)
    line += Self.fill(11 - time.count) + time
    if let detail = result.detail { line += "  " + Self.cell(detail) }
    guard showsValues, result.status == .success else { return line }
    let value = RenderedValue(result.value, checker: checker)
    line += "  " + Self.cell(String(decoding: value.json, as: UTF8.self))
    return value.note.map { line + "  (\($0))" } ?? line
  }

  private static func fill(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

  private static func cell(_ text: String) -> String {
    let line = OneLine.escaped(text)
    return line.count > cellLengthMax ? line.prefix(cellLengthMax) + "…" : line
  }
}
