public import Competition

/// The Python client's circuit breaker for one connection of one model, counted in calls.
///
/// Its state is two counters of bad ends in a row and a cooldown, which may be
/// - *free* (a fresh connection, or a cooldown that has run out): the next call is made → *called*;
/// - *called*: while no timeout counts, every call is made; else the next one is skipped →
///   *cooling*;
/// - *cooling* with k calls left to skip: each skip takes one → *free* when none is left.
/// A success clears the counters and leaves the cooldown. A reconnect starts everything anew.
public struct CompatibleBreaker: Hashable, Sendable {
  private enum Cooldown: Hashable {
    case free
    case called
    case cooling(skipsLeft: Int)
  }

  private let failuresMax: Int
  private let timeoutsMax: Int
  private let healthCheckEvery: Int
  private var cooldown = Cooldown.free
  /// Failures since the last success that count.
  public private(set) var failureCount = 0
  /// Timeouts since the last success that count, skipped calls among them.
  public private(set) var timeoutCount = 0
  /// Timeouts that count only if the health service, which is being asked, says SERVING.
  private var unconfirmedTimeoutCount = 0

  /// A breaker for a new connection.
  public init(_ settings: BreakerSettings) {
    failuresMax = settings.failuresMax
    timeoutsMax = settings.timeoutsMax
    healthCheckEvery = max(1, Int(Double(settings.timeoutsMax) * 0.2))
  }

  /// What the next call will meet. Only timeouts hold calls back under these rules.
  public var state: BreakerState {
    switch cooldown {
    case .cooling: .open
    case .called where timeoutCount + unconfirmedTimeoutCount > 0: .open
    case .free where timeoutCount + unconfirmedTimeoutCount > 0: .halfOpen
    case .free, .called: .closed
    }
  }

  /// Decides on a call that is due; to be asked once for each call.
  public mutating func admit() -> Admission {
    let timeouts = timeoutCount + unconfirmedTimeoutCount
    switch cooldown {
    case .cooling(let skipsLeft):
      return skip(timeouts, leaving: skipsLeft - 1)
    case .called where timeouts > 0:
      return skip(timeouts, leaving: (timeouts + 1) / 2 - 1)
    case .free, .called:
      cooldown = .called
      return .call
    }
  }

  private mutating func skip(_ timeouts: Int, leaving skipsLeft: Int) -> Admission {
    cooldown = skipsLeft > 0 ? .cooling(skipsLeft: skipsLeft) : .free
    return .skip(detail: "PREEMPTIVE_SKIP: \(timeouts) consecutive timeouts")
  }

  /// Takes in how a call, made or skipped, ended.
  public mutating func ended(_ end: CallEnd) -> BreakerAction {
    switch end {
    case .success:
      failureCount = 0
      timeoutCount = 0
      unconfirmedTimeoutCount = 0
      return .none
    case .failure(.badImplementation):
      return .report(.badImplementation, reason: "the model answered BAD_IMPLEMENTATION")
    case .failure(.modelFailed), .failure(.undecodable):
      return countFailure()
    case .failure(.coordinatorMisuse), .failure(.malformed), .timeout(.ours), .nobodysFault:
      return .none
    case .failure(.oversized), .timeout:
      return timedOut()
    }
  }

  private mutating func countFailure() -> BreakerAction {
    failureCount += 1
    guard failuresMax > 0, failureCount > failuresMax else { return .none }
    return .report(
      .multipleFailed, reason: "\(failureCount) failures in a row, \(failuresMax) are allowed")
  }

  /// The health service is asked before the timeout counts, with the count as it was.
  private mutating func timedOut() -> BreakerAction {
    if unconfirmedTimeoutCount > 0 {
      unconfirmedTimeoutCount += 1
      return .none
    }
    if timeoutCount > 0, timeoutCount.isMultiple(of: healthCheckEvery) {
      unconfirmedTimeoutCount = 1
      return .checkHealth
    }
    return countTimeouts(1)
  }

  private mutating func countTimeouts(_ added: Int) -> BreakerAction {
    timeoutCount += added
    guard timeoutsMax > 0, timeoutCount > timeoutsMax else { return .none }
    return .report(
      .multipleTimeout, reason: "\(timeoutCount) timeouts in a row, \(timeoutsMax) are allowed")
  }

  /// Takes in the answer to `.checkHealth`; one that a success has overtaken changes nothing.
  public mutating func healthAnswered(_ answer: HealthAnswer) -> BreakerAction {
    guard unconfirmedTimeoutCount > 0 else { return .none }
    if answer == .serving {
      let waiting = unconfirmedTimeoutCount
      unconfirmedTimeoutCount = 0
      return countTimeouts(waiting)
    }
    reconnected()
    return .reconnect
  }

  /// Starts anew with a new connection, as the Python client's new runner object does.
  public mutating func reconnected() {
    cooldown = .free
    failureCount = 0
    timeoutCount = 0
    unconfirmedTimeoutCount = 0
  }
}
