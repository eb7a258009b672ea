import Competition

/// Checks rows of `prediction_configs`, which anybody may have edited by SQL.
enum ConfigCheck {
  /// Why a row can't be used; nil when it can.
  static func problem(of config: PredictionConfig) -> String? {
    let params = config.params
    if params.asset.isEmpty { return "asset is empty" }
    if params.horizonSeconds <= 0 { return "horizon must be > 0 s, is \(params.horizonSeconds)" }
    if params.stepSeconds <= 0 { return "step must be > 0 s, is \(params.stepSeconds)" }
    if params.stepSeconds > params.horizonSeconds {
      return "step (\(params.stepSeconds) s) must not exceed horizon (\(params.horizonSeconds) s)"
    }
    if config.intervalSeconds <= 0 {
      return "prediction_interval must be > 0 s, is \(config.intervalSeconds)"
    }
    return nil
  }
}
