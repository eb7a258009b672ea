import Competition
import JSON

/// What is known of an answer before PostgreSQL sees it.
enum AnswerVerdict: Hashable {
  /// PostgreSQL's `json` takes it.
  case accepted
  /// It can't be stored, for this reason.
  case refused(String)
  /// Only PostgreSQL can tell; the reason is simdjson's.
  case doubtful(String)
}

/// Looks at an answer's bytes before they are stored; belongs to the storage thread.
struct AnswerCheck {
  private let checker: JSONChecker
  private let checksShape: Bool

  /// A check within `limits`; with `checksShape`, an answer must be a list of one object a step.
  init(limits: Limits, checksShape: Bool) {
    checker = JSONChecker(depthMax: limits.jsonDepthMax, bytesMax: limits.replyBytesMax)
    self.checksShape = checksShape
  }

  /// Judges one answer to `params`.
  func verdict(on bytes: UnsafeRawBufferPointer, params: PredictionParams) -> AnswerVerdict {
    let verdict =
      checksShape
      ? checker.checkDensities(bytes, stepCount: params.stepCount) : checker.check(bytes)
    switch verdict {
    case .valid: return .accepted
    case .invalid(let flaw):
      return flaw.mayBeAcceptedByPostgreSQL ? .doubtful(flaw.text) : .refused(flaw.text)
    }
  }
}
