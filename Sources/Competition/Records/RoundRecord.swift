/// One closed predict round on its way to storage: a record for each model of the roster.
public struct RoundRecord: Sendable {
  /// What was asked.
  public let params: PredictionParams
  /// When it was asked, whole milliseconds, never shared by two rounds of one worker.
  public let performedAt: UTCTime
  /// The time from opening to closing the round.
  public let wallTime: Duration
  /// The time from the round's turn to its opening.
  public let lateBy: Duration
  /// Why nobody was blamed for this round's bad ends; nil for the usual round.
  public let panic: String?
  /// Whether the asset's price had not moved for `prices.closed_after` when the round opened.
  public let isMarketClosed: Bool
  /// The models that joined or changed since the last round, to be upserted before the records.
  public let models: [ModelRow]
  /// One entry per rostered model. Shape: [rosterCount].
  public var records: [PredictionRecord]

  /// Creates a closed round.
  public init(
    params: PredictionParams, performedAt: UTCTime, wallTime: Duration, lateBy: Duration = .zero,
    panic: String? = nil, isMarketClosed: Bool = false, models: [ModelRow],
    records: [PredictionRecord]
  ) {
    self.params = params
    self.performedAt = performedAt
    self.wallTime = wallTime
    self.lateBy = lateBy
    self.panic = panic
    self.isMarketClosed = isMarketClosed
    self.models = models
    self.records = records
  }

  /// The number of models that a request was sent to.
  public var sentCount: Int { records.reduce(0) { $0 + ($1.wasSent ? 1 : 0) } }

  /// The number of models that were due for a call and that nothing was sent to.
  public var skippedCount: Int {
    records.reduce(0) { $0 + ($1.wasSent || $1.status == .absent ? 0 : 1) }
  }

  /// The models that were called, by the state of their breakers after the round.
  public var breakerCounts: [BreakerState: Int] {
    records.reduce(into: [:]) { counts, record in
      if let breaker = record.breaker { counts[breaker, default: 0] += 1 }
    }
  }

  /// The times of all answers, good and bad.
  public var latencies: LatencyBuckets {
    records.reduce(into: LatencyBuckets()) { latencies, record in
      if record.isAnswered { latencies.record(micros: record.execTimeMicros) }
    }
  }

  /// The number of records with `status`.
  public func count(_ status: PredictionStatus) -> Int {
    records.reduce(0) { $0 + ($1.status == status ? 1 : 0) }
  }
}

/// The worker's columns of one row of `models`; scores belong to the score worker.
public struct ModelRow: Hashable, Sendable {
  /// `crunch_identifier`: the model's id.
  public let modelID: ModelID
  /// `name`, `''` when unknown.
  public let name: String
  /// `deployment_identifier`.
  public let deploymentID: String
  /// `player_crunch_identifier`, `''` when unknown.
  public let playerID: String
  /// `player_name`, `Unknown` when unknown.
  public let playerName: String

  /// Creates a row's value.
  public init(
    modelID: ModelID, name: String, deploymentID: String, playerID: String, playerName: String
  ) {
    self.modelID = modelID
    self.name = name
    self.deploymentID = deploymentID
    self.playerID = playerID
    self.playerName = playerName
  }

  /// The row of a running model, with the defaults for what the orchestrator didn't say.
  public init(_ model: ModelDescription) {
    self.init(
      modelID: model.modelID, name: model.infos.modelName ?? "",
      deploymentID: model.deploymentID, playerID: model.infos.cruncherID ?? "",
      playerName: model.infos.cruncherName ?? "Unknown")
  }
}
