import Competition

/// Finds the answers that PostgreSQL would refuse, before they are copied.
struct AnswerJudge {
  private let answers: AnswerCheck

  init(_ answers: AnswerCheck) { self.answers = answers }

  /// What row `index` is stored with.
  enum Judgement {
    /// This answer; nil is the literal `null`.
    case stored(ByteView?)
    /// Only PostgreSQL can tell; the row is not checked.
    case doubtful
  }

  /// Judges row `index` without asking the database: its answer is read once, for this and for the
  /// copy. One that is refused, or that the spool doesn't give back, makes the row FAILED.
  func check(_ index: Int, of prepared: inout PreparedRound) -> Judgement {
    let answer: ByteView?
    do throws(StorageError) {
      answer = try prepared.answer(of: index)
    } catch {
      prepared.refuse(index, reason: error.asDamage)
      return .stored(nil)
    }
    guard let answer, !prepared.rows[index].isChecked else { return .stored(answer) }
    let params = prepared.opening.params
    switch answer.withUnsafeBytes({ answers.verdict(on: $0, params: params) }) {
    case .accepted:
      prepared.accept(index)
      return .stored(answer)
    case .refused(let reason):
      refuse(index, of: &prepared, because: reason)
      return .stored(nil)
    case .doubtful: return .doubtful
    }
  }

  /// Judges all rows, with PostgreSQL's own word where nobody else can tell.
  func checkAll(
    of prepared: inout PreparedRound, on connection: PostgresConnection
  ) throws(StorageError) {
    for index in prepared.rows.indices where prepared.rows[index].fate.isOwed {
      guard case .doubtful = check(index, of: &prepared) else { continue }
      try ask(about: index, of: &prepared, connection)
    }
  }

  /// Lets PostgreSQL say whether it takes row `index`'s answer as `json`, and of the right shape
  /// when that is checked; inside a transaction, an objection is undone.
  func ask(
    about index: Int, of prepared: inout PreparedRound, _ connection: PostgresConnection
  ) throws(StorageError) {
    guard let answer = try prepared.answer(of: index) else { return prepared.accept(index) }
    let stepCount = prepared.opening.params.stepCount
    var isGood = false
    let body = { () throws(StorageError) -> Void in
      let rows = try connection.query(
        answers.question, [.json(answer), .int(stepCount)], doing: "check an answer")
      isGood = try rows.first?.bool(0) ?? false
    }
    let refusal =
      connection.isInTransaction
      ? try connection.refusal(body) : try PostgresConnection.refusal(catching: body)
    if let refusal {
      refuse(index, of: &prepared, because: refusal.message)
    } else if isGood {
      prepared.accept(index)
    } else {
      refuse(index, of: &prepared, because: "\(stepCount) densities are expected in a list")
    }
  }

  /// Refuses the rows whose answers can't be read back; returns how many.
  func refuseUnreadable(in prepared: inout PreparedRound) -> Int {
    var count = 0
    for index in prepared.rows.indices where prepared.rows[index].fate.isOwed {
      do throws(StorageError) {
        _ = try prepared.answer(of: index)
      } catch {
        prepared.refuse(index, reason: error.asDamage)
        count += 1
      }
    }
    return count
  }

  private func refuse(_ index: Int, of prepared: inout PreparedRound, because reason: String) {
    prepared.refuse(index, reason: "the answer can't be stored: \(reason)".asDetail)
  }
}

extension StorageError {
  /// What the reason of a row begins with whose answer was lost to a damaged spool.
  static let damageCode = "SPOOL_DAMAGED"

  /// The reason of such a row.
  var asDamage: String { "\(Self.damageCode): \(message)".asDetail }
}

extension String {
  /// The text as a reason: one line, bounded.
  var asDetail: String { oneLine.limited(toBytes: 2_000) }
}

extension PostgresConnection {
  /// Runs `body` in a savepoint; when the database refuses its values, undoes it and says why.
  func refusal(_ body: () throws(StorageError) -> Void) throws(StorageError) -> StorageError? {
    let doing = "look for a refused row"
    try execute("SAVEPOINT updraft", doing: doing)
    if let refusal = try Self.refusal(catching: body) {
      try execute("ROLLBACK TO SAVEPOINT updraft; RELEASE SAVEPOINT updraft", doing: doing)
      return refusal
    }
    try execute("RELEASE SAVEPOINT updraft", doing: doing)
    return nil
  }

  /// Runs `body` and gives the database's refusal of its values instead of throwing it.
  static func refusal(
    catching body: () throws(StorageError) -> Void
  ) throws(StorageError) -> StorageError? {
    do throws(StorageError) {
      try body()
      return nil
    } catch {
      guard error.refusesRow else { throw error }
      return error
    }
  }
}
