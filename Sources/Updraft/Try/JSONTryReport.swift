import Competition
import JSON
import Orchestration

/// Tells a try for programs: a JSON object a line, for each call and then for all.
struct JSONTryReport: TryReport {
  func begin(_ plan: TryPlan) {}

  func warning(_ text: String) {
    let object: JSONValue = ["warning": .string(text)]
    Output.line(object.text())
  }

  func phase(_ phase: ModelPhase) {}

  func ready(after time: Duration) {}

  func tick(_ tick: TryTick) {
    let object: JSONValue = [
      "round": .int(Int64(tick.round)), "call": "tick",
      "prices": .int(Int64(tick.priceCount)),
      "omitted_prices": .int(Int64(tick.omittedPriceCount)),
      "time_ms": .double(tick.time.roundedMillis), "problem": Self.text(tick.problem),
    ]
    Output.line(object.text())
  }

  func answer(_ answer: TryAnswer) {
    let object: JSONValue = [
      "round": .int(Int64(answer.round)), "call": "predict",
      "asset": .string(answer.params.asset),
      "horizon": .int(Int64(answer.params.horizonSeconds)),
      "step": .int(Int64(answer.params.stepSeconds)),
      "performed_at": .string(answer.askedAt.iso8601),
      "status": .string(answer.status.rawValue), "time_ms": .double(answer.time.roundedMillis),
      "score": Self.number(answer.score), "baseline": Self.number(answer.baseline),
      "problem": Self.text(answer.problem),
    ]
    Output.line(object.text())
  }

  func end(_ result: TryResult, _ plan: TryPlan) {
    let failure: JSONValue =
      result.failure.map { ["during": .string($0.during), "reason": .string($0.reason)] } ?? .null
    let object: JSONValue = [
      "summary": true, "ok": .bool(result.isGood), "model": .string(plan.name),
      "seed": .string(String(plan.market.seed)),
      "ready_ms": .double(result.startTime.roundedMillis),
      "answers": .int(Int64(result.answers.count)),
      "bad_answers": .int(Int64(result.answers.count { $0.problem != nil })),
      "failure": failure,
      "output": .array(result.explanation.map { .array($0.map { .string($0) }) }),
    ]
    Output.line(object.text())
  }

  private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  private static func number(_ number: Double?) -> JSONValue {
    number.map { .double($0) } ?? .null
  }
}
