/// What one predict round asks for: the asset, how far ahead, and in which steps.
public struct PredictionParams: Hashable, Sendable {
  /// The asset's name, for example `BTC`.
  public let asset: String
  /// How far ahead the models look, in seconds.
  public let horizonSeconds: Int
  /// The distance of two forecast points, in seconds.
  public let stepSeconds: Int

  /// Creates the parameters; the configuration has checked that both times are positive.
  public init(asset: String, horizonSeconds: Int, stepSeconds: Int) {
    self.asset = asset
    self.horizonSeconds = horizonSeconds
    self.stepSeconds = stepSeconds
  }

  /// The number of forecast points: horizon / step, rounded down.
  public var stepCount: Int { stepSeconds > 0 ? horizonSeconds / stepSeconds : 0 }
}

/// One row of `prediction_configs`: parameters and how often they are asked for.
public struct PredictionConfig: Hashable, Sendable {
  /// The row's id, `CFG_` and eight base32 letters.
  public let id: String
  /// What is asked.
  public let params: PredictionParams
  /// How often each asset of the group is asked, in seconds.
  public let intervalSeconds: Int
  /// Whether the row is in use.
  public let active: Bool
  /// The place among the rows, which decides whose turn comes first.
  public let order: Int

  /// Creates a row's value.
  public init(
    id: String, params: PredictionParams, intervalSeconds: Int, active: Bool, order: Int
  ) {
    self.id = id
    self.params = params
    self.intervalSeconds = intervalSeconds
    self.active = active
    self.order = order
  }
}
