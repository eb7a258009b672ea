/// What a scoring program did wrong with one prediction.
struct ProgramFault: Error, Hashable, CustomStringConvertible {
  /// The kinds of faults.
  enum Code: String, Hashable {
    /// It could not be started.
    case notStarted = "could not be started"
    /// It ended, or closed its input or output.
    case ended
    /// It gave no answer in time.
    case timedOut = "gave no answer in time"
    /// Its answer is too long, or no score.
    case wrongAnswer = "gave a wrong answer"
    /// The worker is stopping.
    case stopped = "was stopped"
  }

  let code: Code
  let detail: String

  init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  var description: String { "the scoring program \(code.rawValue): \(detail)" }
}
