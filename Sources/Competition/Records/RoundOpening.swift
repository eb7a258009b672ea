/// One predict round when it opens: what is asked of whom.
///
/// What becomes of it is a `RoundRecord` with one record for each entry.
public struct RoundOpening: Sendable {
  /// One model of the roster.
  public struct Entry: Hashable, Sendable {
    /// The model.
    public let modelID: ModelID
    /// Whether the model is called in this round; one that is not is ABSENT.
    public let isCalled: Bool

    /// Creates an entry.
    public init(modelID: ModelID, isCalled: Bool) {
      self.modelID = modelID
      self.isCalled = isCalled
    }
  }

  /// What is asked.
  public let params: PredictionParams
  /// When it is asked, whole milliseconds, never shared by two rounds of one worker: its key.
  public let performedAt: UTCTime
  /// The time from the round's turn to its opening.
  public let lateBy: Duration
  /// How long the models have for their answers.
  public let timeout: Duration
  /// Whether the asset's price had not moved for `prices.closed_after` when the round opened.
  public let isMarketClosed: Bool
  /// The models that joined or changed since the last round, to be upserted before the records.
  public let models: [ModelRow]
  /// One entry per rostered model. Shape: [rosterCount].
  public let entries: [Entry]

  /// Creates a round that opens; a fraction of a millisecond of `performedAt` is cut off.
  public init(
    params: PredictionParams, performedAt: UTCTime, lateBy: Duration = .zero, timeout: Duration,
    isMarketClosed: Bool = false, models: [ModelRow], entries: [Entry]
  ) {
    self.params = params
    self.performedAt = performedAt.truncatedToMilliseconds
    self.lateBy = lateBy
    self.timeout = timeout
    self.isMarketClosed = isMarketClosed
    self.models = models
    self.entries = entries
  }

  /// The models to call, in the roster's order.
  public var calledModels: [ModelID] { entries.lazy.filter(\.isCalled).map(\.modelID) }
}
