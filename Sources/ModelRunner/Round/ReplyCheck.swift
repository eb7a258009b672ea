internal import Competition
internal import JSON
internal import Resilience

/// Checks the JSON of one loop's answers as Python's reader would, off the loop, while the round
/// still waits for others.
///
/// It holds at most one answer per model of the round.
final class ReplyCheck: Sendable {
  private struct Answer: Sendable {
    let index: Int
    let text: ByteView
  }

  private let answers: AsyncStream<Answer>.Continuation
  private let work: Task<[Int: ClassifiedEnd], Never>

  /// A check for answers within `limits`; `finish()` must be called.
  init(_ limits: Limits) {
    let (stream, sink) = AsyncStream.makeStream(of: Answer.self)
    answers = sink
    work = Task {
      let checker = JSONChecker(depthMax: limits.jsonDepthMax, bytesMax: limits.replyBytesMax)
      var refused: [Int: ClassifiedEnd] = [:]
      for await answer in stream {
        let verdict = answer.text.withUnsafeBytes { checker.checkLikePython($0) }
        if let end = verdict.flaw.flatMap(ClassifiedEnd.init) { refused[answer.index] = end }
      }
      return refused
    }
  }

  /// Has the text of an answer checked; called on the loop.
  func take(_ index: Int, _ text: ByteView) { answers.yield(Answer(index: index, text: text)) }

  /// Says that no answer follows.
  func finish() { answers.finish() }

  /// The ends of the answers that can't be read, by index; once `finish()` was called.
  var refused: [Int: ClassifiedEnd] { get async { await work.value } }
}

extension ClassifiedEnd {
  /// The end of a call whose JSON has a flaw; nil when the flaw is not the answer's.
  init?(_ flaw: JSONFlaw) {
    let detail = "UNDECODABLE: \(flaw.text)"
    switch flaw.code {
    case .checkerFailed: return nil
    case .tooDeep, .tooLarge, .wrongShape: self.init(.failure(.malformed), detail: detail)
    case .malformed, .nonFiniteNumber, .invalidUTF8, .empty, .loneSurrogate, .numberOutOfRange:
      self.init(.failure(.undecodable), detail: detail)
    }
  }
}
