internal import Competition
internal import Glibc

/// How a simulated model answers a call.
public enum ModelBehavior: String, Hashable, Sendable, CaseIterable {
  /// A good answer after the delay.
  case healthy
  /// The status MODEL_FAILED.
  case failing
  /// No answer, ever.
  case hanging
  /// An answer that holds `NaN`, which is not JSON.
  case nan
  /// The connection is reset in the middle of the call.
  case resetting
  /// Bytes that are no HTTP/2 in the middle of the call.
  case garbage
  /// An answer larger than the client's limit.
  case oversized
  /// Connections are refused.
  case refusing
  /// The connection is closed in order after every call.
  case flapping
  /// Setup is never answered.
  case setupHanging
}

/// How long a simulated model thinks.
public enum DelayDistribution: Hashable, Sendable {
  /// Always as long, milliseconds.
  case fixed(milliseconds: Double)
  /// Log-normal: `exp(mu + sigma·z)` milliseconds with z standard normal.
  case logNormal(mu: Double, sigma: Double)

  /// Reads `fixed:5` or `lognormal:3,0.5`; nil for anything else.
  public init?(text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    let numbers = parts[1].split(separator: ",").map { Double($0) }
    switch (parts[0], numbers.count) {
    case ("fixed", 1):
      guard let millis = numbers[0], millis.isFinite, millis >= 0 else { return nil }
      self = .fixed(milliseconds: millis)
    case ("lognormal", 2):
      guard let mu = numbers[0], let sigma = numbers[1], mu.isFinite, sigma >= 0 else { return nil }
      self = .logNormal(mu: mu, sigma: sigma)
    default: return nil
    }
  }
}

/// A crowd of simulated models.
public struct FleetOptions: Sendable {
  /// How many.
  public var modelCount: Int
  /// The first model's port; the next ones follow. 0 lets the system choose every port.
  public var basePort: UInt16
  /// How long the models think. Default: they answer at once.
  public var delay = DelayDistribution.fixed(milliseconds: 0)
  /// The size of an answer to `predict`, bytes; nil: what the densities asked for take.
  public var replyBytes: Int?
  /// The share of models of each misbehaviour, from 0 to 1; the rest is healthy.
  public var fractions: [ModelBehavior: Double] = [:]
  /// The share of calls of `tick` and `predict`, over all models, that go wrong at random, from 0
  /// to 1: a third fails, a third hangs, a third breaks the connection.
  public var faultRate = 0.0
  /// The seed that decides who misbehaves and how long each thinks.
  public var seed: UInt64 = 1
  /// What some models do instead, by their index from 0; their calls are answered by the script.
  public var scripts: [Int: FaultScript] = [:]
  /// How the models prove whose they are; nil: they serve without TLS.
  public var identity: FleetIdentity?
  /// The prefix of the model ids; the number follows.
  public var idPrefix = "sim-"

  /// The id of the model with an index from 0.
  func modelID(_ index: Int) -> ModelID { ModelID(idPrefix + String(index + 1)) }

  /// A healthy crowd.
  public init(modelCount: Int, basePort: UInt16 = 0) {
    self.modelCount = modelCount
    self.basePort = basePort
  }
}

extension DelayDistribution {
  /// Draws one delay; the normal deviate is made by the Box–Muller transform.
  func sample(using random: inout some RandomNumberGenerator) -> Duration {
    let millis: Double
    switch self {
    case .fixed(let fixed): millis = fixed
    case .logNormal(let mu, let sigma):
      let u = Double.random(in: Double.leastNonzeroMagnitude...1, using: &random)
      let v = Double.random(in: 0..<1, using: &random)
      millis = exp(mu + sigma * (-2 * log(u)).squareRoot() * cos(2 * .pi * v))
    }
    return .nanoseconds(Int64(min(millis, 3_600_000) * 1e6))
  }
}
