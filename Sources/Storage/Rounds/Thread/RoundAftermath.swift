import Competition
import Logging

/// What is done about a round after its commit: others are told, and rows that the database has
/// refused in every form are put by.
final class RoundAftermath {
  private let notice: RoundNotice
  private let rejects: SpoolRejects?
  private let logger: Logger

  /// Without `rejects`, refused rows are only logged.
  init(notice: RoundNotice, rejects: SpoolRejects?, logger: Logger) {
    self.notice = notice
    self.rejects = rejects
    self.logger = logger
  }

  /// Tells the database's listeners.
  func tell(of stored: StoredRound, on connection: PostgresConnection) {
    notice.send(of: stored, on: connection)
  }

  /// Appends the dropped rows to the reject file.
  ///
  /// - Returns: how many are in it, and whether that is all of them: only then may the spool forget
  ///   the round.
  func reject(_ round: PreparedRound) -> (count: Int, isComplete: Bool) {
    guard let rejects else { return (0, true) }
    var count = 0
    var isComplete = true
    for (index, row) in round.rows.enumerated() where row.fate == .dropped {
      do {
        try rejects.append(
          row.record, value: readable(index, of: round), reason: row.detail ?? "")
        count += 1
      } catch {
        isComplete = false
        logger.error(
          "a refused row could not be put by; its round stays in the spool",
          metadata: ["prediction_id": "\(row.id)", "reason": "\(error)"])
      }
    }
    return (count, isComplete)
  }

  /// The answer, unless the spool has lost it, which its row says.
  private func readable(_ index: Int, of round: PreparedRound) -> ByteView? {
    try? round.rejectedAnswer(of: index)
  }
}
