/// The memory that the answers of one round may take: each by itself, and all together.
///
/// Belongs to one loop.
public final class ReplyBudget {
  /// The largest single answer, bytes.
  public let replyBytesMax: Int
  /// What is left for all further answers, bytes.
  public private(set) var bytesLeft: Int

  /// A budget for answers of `replyBytesMax` each and `totalBytesMax` together.
  public init(replyBytesMax: Int, totalBytesMax: Int) {
    self.replyBytesMax = replyBytesMax
    bytesLeft = totalBytesMax
  }

  /// Takes an answer's bytes from the budget; a status says why it can't be had: RESOURCE_EXHAUSTED
  /// for what is too large by itself, ABORTED for what the other answers have left no room for.
  func take(_ length: Int) -> GRPCStatus? {
    if length > replyBytesMax {
      return GRPCStatus(
        .resourceExhausted,
        "an answer of \(length) bytes is over the limit of \(replyBytesMax) "
          + "(limits.reply_bytes_max)")
    }
    if length > bytesLeft {
      return GRPCStatus(
        .aborted, "the round's answers are over their limit together (limits.round_bytes_max)")
    }
    bytesLeft -= length
    return nil
  }
}
