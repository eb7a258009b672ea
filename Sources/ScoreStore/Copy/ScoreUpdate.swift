public import Competition

/// What is written for one prediction.
public struct ScoreUpdate: Hashable, Sendable {
  /// The prediction's key.
  public let id: String
  /// When it was asked, which leads to its partition.
  public let performedAt: UTCTime
  /// The score, finite; nil for a failed prediction whose score is decided with the run.
  public let value: Double?
  /// Why it failed; nil when it was scored.
  public let failedReason: String?

  /// An update.
  public init(id: String, performedAt: UTCTime, value: Double?, failedReason: String?) {
    self.id = id
    self.performedAt = performedAt
    self.value = value
    self.failedReason = failedReason
  }
}
