import Competition
import Orchestration
import PriceFeed
import Settings

/// What `updraft try` is to do.
struct TryPlan: Sendable {
  /// How much longer than its limit a call is waited for at least, so that a slow model is told
  /// how slow it is.
  static let patienceMin = Duration.seconds(10)
  /// The same as a multiple of the limit.
  static let patienceFactor = 3

  /// The model, as the command line named it.
  let name: String
  /// The model itself.
  let submission: TrySubmission
  /// The game's rules.
  let game: GameConfiguration
  /// Where they come from; nil for the defaults.
  let gameFile: String?
  /// How the model is started.
  let runner: RunnerSettings
  /// What is asked, in order.
  let params: [PredictionParams]
  /// How often all of it is asked.
  let roundCount: Int
  /// When the first round is, in the time of the market.
  let firstRoundAt: UTCTime
  /// Which market.
  let market: SimulatedMarket
  /// How long a call may take.
  let timeout: Duration

  /// How long an answer is waited for: a call that took longer than `timeout` is TIMEOUT.
  var patience: Duration { max(timeout * Self.patienceFactor, timeout + Self.patienceMin) }

  /// The distance of two prices.
  var resolution: PriceResolution { PriceResolution(game.prices.resolution) ?? .minute }

  /// The assets, each once, in the order in which they are asked for.
  var assets: [String] {
    params.map(\.asset).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// When round `index` is: far enough from the one before that no two share a future.
  func time(ofRound index: Int) -> UTCTime {
    let horizon = params.map(\.horizonSeconds).max() ?? 0
    return firstRoundAt.advanced(by: .seconds(index * horizon))
  }
}
