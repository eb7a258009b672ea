public import Competition
import JSON

/// What is known of an answer before PostgreSQL sees it.
public enum AnswerVerdict: Hashable, Sendable {
  /// PostgreSQL's `json` takes it.
  case accepted
  /// It can't be stored, for this reason.
  case refused(String)
  /// Only PostgreSQL can tell; the reason is simdjson's.
  case doubtful(String)
}

/// Looks at an answer's bytes before they are stored.
///
/// Not `Sendable`: it belongs to one thread.
public struct AnswerCheck {
  private let checker: JSONChecker
  private let checksShape: Bool

  /// A check within `limits`; with `checksShape`, an answer must be a list of one object a step.
  public init(limits: Limits, checksShape: Bool) {
    checker = JSONChecker(depthMax: limits.jsonDepthMax, bytesMax: limits.replyBytesMax)
    self.checksShape = checksShape
  }

  /// What PostgreSQL is asked about a doubtful answer `$1` to params of `$2` steps: whether it
  /// passes. Text that isn't JSON for PostgreSQL is an error of its own.
  var question: String {
    guard checksShape else { return "SELECT $1::json IS NOT NULL AND $2::int8 IS NOT NULL" }
    return """
      SELECT CASE json_typeof(answer) WHEN 'array' THEN json_array_length(answer) = $2::int8
        AND NOT EXISTS (
          SELECT FROM json_array_elements(answer) AS density WHERE json_typeof(density) <> 'object')
        ELSE false END
      FROM (SELECT $1::json AS answer) AS given
      """
  }

  /// Judges one answer to `params`.
  public func verdict(on bytes: UnsafeRawBufferPointer, params: PredictionParams) -> AnswerVerdict {
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
