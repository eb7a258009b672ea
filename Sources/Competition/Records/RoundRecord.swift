/// One closed predict round on its way to storage: a record for each model of the roster.
public struct RoundRecord: Sendable {
  /// What was asked.
  public let params: PredictionParams
  /// When it was asked, whole milliseconds, never shared by two rounds of one worker.
  public let performedAt: UTCTime
  /// The time from opening to closing the round.
  public let wallTime: Duration
  /// The models that joined or changed since the last round, to be upserted before the records.
  public let models: [ModelRow]
  /// One entry per rostered model. Shape: [rosterCount].
  public var records: [PredictionRecord]

  /// Creates a closed round.
  public init(
    params: PredictionParams, performedAt: UTCTime, wallTime: Duration, models: [ModelRow],
    records: [PredictionRecord]
  ) {
    self.params = params
    self.performedAt = performedAt
    self.wallTime = wallTime
    self.models = models
    self.records = records
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
