import JSON
import Scoring

/// A scoring program's answer to one prediction: `{"score":0.25}`, or a bare number; or
/// `{"failed":"why"}` when the prediction can't be scored.
enum ProgramAnswer {
  private static let depthMax = 4

  /// - Throws: `ProgramFault` of code `wrongAnswer` for anything else.
  static func read(_ line: [UInt8]) throws(ProgramFault) -> ScoreOutcome {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(bytes: line, depthMax: depthMax)
    } catch {
      throw ProgramFault(.wrongAnswer, "no JSON: \(error.flaw.text)")
    }
    if let reason = value["failed"]?.stringValue {
      return .failed(reason: reason.isEmpty ? "the scoring program gave no reason" : reason)
    }
    guard let score = (value["score"] ?? value).doubleValue else {
      throw ProgramFault(.wrongAnswer, "neither a score nor a reason")
    }
    guard score.magnitude <= DensityLimits.scoreMax else {
      return .failed(
        reason: "the score \(score) is beyond \(DensityLimits.scoreMax) and can't be averaged")
    }
    return .scored(score)
  }
}
