import Competition

/// Rows on their way into a COPY, each checked just before: an answer that lies in the spool is
/// read once, and the server works on the rows before it meanwhile.
struct CheckedRows {
  let judge: AnswerJudge
  /// The places of the rows that only PostgreSQL can judge; they are left for after the COPY.
  private(set) var doubtful: [Int] = []
  private var count = 0

  init(_ judge: AnswerJudge) { self.judge = judge }

  /// Checks row `index` and puts what is stored of it, unless it is doubtful; its answer leaves
  /// memory then, if the spool has it.
  mutating func put(
    _ index: Int, of prepared: inout PreparedRound, into encoder: inout PredictionEncoder
  ) throws(StorageError) {
    switch judge.check(index, of: &prepared) {
    case .stored(let answer):
      try encoder.put(prepared.rows[index], answer: answer)
      prepared.dropSpooled(index)
      count += 1
    case .doubtful: doubtful.append(index)
    }
  }

  /// The rows that were put since the last call.
  mutating func takeCount() -> Int {
    defer { count = 0 }
    return count
  }
}
