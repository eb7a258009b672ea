/// An asset's scale of price moves (`t` in crunch-synth's constants): CRPS integrates over ±K·t and
/// is divided by t, so that assets can be compared.
public struct CRPSScale: Hashable, Sendable {
  /// In the asset's quote currency; > 0.
  public let t: Double

  /// Nil unless `t` is finite and greater than 0.
  public init?(t: Double) {
    guard t.isFinite, t > 0 else { return nil }
    self.t = t
  }

  /// The scale of an asset that crunch-synth 0.15.0 knows, or of one that `additional` names
  /// (`score.crps.t`, which wins); nil for any other asset and for a number that is no scale.
  public init?(asset: String, additional: [String: Double] = [:]) {
    guard let t = additional[asset] ?? Self.known[asset] else { return nil }
    self.init(t: t)
  }

  /// crunch-synth 0.15.0's scales by asset.
  public static let known: [String: Double] = [
    "BTC": 1_500, "SOL": 4, "ETH": 80, "XAUT": 33, "SP500": 21, "NVDAX": 2.3, "TSLAX": 5.9,
    "AAPLX": 2.8, "GOOGLX": 3.6, "XRP": 0.04, "HYPE": 1.3, "WTIOIL": 1.2, "SPCX": 6,
  ]

  /// crunch-synth 0.15.0's weights of assets in an overall score; BTC is 1.
  public static let assetWeights: [String: Double] = [
    "BTC": 1, "ETH": 0.7064366394033871, "XAUT": 1.7370922597118699, "SOL": 0.6310037175639559,
    "SP500": 3.437935601155441, "NVDAX": 1.6028217601617174, "TSLAX": 1.6068755936957768,
    "AAPLX": 2.0916380815843123, "GOOGLX": 1.6827392777257926, "XRP": 0.5658394110809131,
    "HYPE": 0.4784547133706857, "WTIOIL": 0.8475062847978935, "SPCX": 0.4329342627683478,
  ]

  /// The step for which K is 1, seconds; K is 1 for shorter ones, too.
  public static let baseStepSeconds = 300

  /// What to integrate over for steps of this length: K = √(step / 300) for longer ones than 300 s.
  public func bounds(stepSeconds: Int) -> CRPSBounds {
    let ratio = Double(stepSeconds) / Double(Self.baseStepSeconds)
    let factor = stepSeconds > Self.baseStepSeconds ? ratio.squareRoot() : 1
    return CRPSBounds(halfWidth: factor * t, t: t)
  }
}

/// What a CRPS integrates over.
public struct CRPSBounds: Hashable, Sendable {
  /// K·t: the grid reaches from −K·t to K·t.
  public let halfWidth: Double
  /// What the sum over the steps is divided by.
  public let t: Double

  /// The score of a prediction of `stepCount` steps that puts everything beyond the far end of the
  /// grid, the worst there is: 2K for each step. For a run in which nothing else was scored.
  public func worstScore(stepCount: Int) -> Double { 2 * halfWidth / t * Double(stepCount) }
}
