import Competition

/// Why a model could not be connected or set up.
public enum ConnectFailure: Hashable, Sendable {
  /// No connection in time, or it broke before Setup was answered.
  case notReachable(detail: String)
  /// Setup was sent and not answered within `ConnectSequence.setupTimeout`.
  case setupUnanswered
  /// Setup was answered "Server busy": an older call still runs.
  case setupBusy
  /// Setup was answered `BAD_IMPLEMENTATION`.
  case setupBadImplementation(detail: String)
  /// Setup was answered `INVALID_ARGUMENT`: the coordinator's mistake.
  case setupInvalidArgument(detail: String)
  /// Setup was answered with any other failure.
  case setupFailed(detail: String)
  /// This process has no file descriptor left for the connection.
  case outOfDescriptors
  /// The model could not prove who it is.
  case notAuthentic(detail: String)
}

/// What to do after a failed attempt to connect.
public enum ConnectAction: Hashable, Sendable {
  /// Try again after the delay.
  case retry(after: Duration)
  /// Report the model and remove it.
  case report(FailureCode, reason: String)
  /// Remove the model without a report and log the text: the coordinator has to act.
  case giveUp(reason: String)
}

/// The attempts to connect and set up one deployment: 5, with 2, 4, 8 and 16 seconds between them.
///
/// "Server busy" is waited out under policy `fair`, within the same delays and without an end; so
/// is a lack of file descriptors of ours under both.
public struct ConnectSequence: Hashable, Sendable {
  /// Attempts before the model is reported.
  public static let attemptsMax = 5
  /// How long one attempt may take to be ready for Setup.
  public static let readyTimeout = Duration.seconds(10)
  /// How long Setup may take.
  public static let setupTimeout = Duration.seconds(120)

  private let policy: BreakerPolicy
  private var backoff = Backoff(min: .seconds(2), max: .seconds(16), factor: 2, jitter: 0)
  /// Failed attempts that count.
  public private(set) var failureCount = 0

  /// A sequence that has not tried yet.
  public init(_ policy: BreakerPolicy) { self.policy = policy }

  /// Takes in a failed attempt.
  ///
  /// The jitter of policy `fair` takes up to a fifth of each delay away; `compatible` has none.
  public mutating func failed(
    _ failure: ConnectFailure, using random: inout some RandomNumberGenerator
  ) -> ConnectAction {
    switch failure {
    case .setupBadImplementation(let detail):
      return .report(.badImplementation, reason: "Setup: \(detail)")
    case .setupInvalidArgument(let detail):
      return .giveUp(
        reason: "Setup answered INVALID_ARGUMENT (\(detail)): check base_class and instance_args")
    case .setupFailed(let detail):
      return .report(.multipleFailed, reason: "Setup: \(detail)")
    case .setupUnanswered:
      return .report(
        .connectionFailed, reason: "Setup was not answered within \(Self.setupTimeout.text)")
    case .notAuthentic(let detail):
      return .report(.connectionFailed, reason: detail)
    case .outOfDescriptors:
      return .retry(after: delay(using: &random))
    case .setupBusy where policy == .fair:
      return .retry(after: delay(using: &random))
    case .setupBusy:
      return attemptFailed("Setup: Server busy", using: &random)
    case .notReachable(let detail):
      return attemptFailed(detail, using: &random)
    }
  }

  private mutating func attemptFailed(
    _ detail: String, using random: inout some RandomNumberGenerator
  ) -> ConnectAction {
    failureCount += 1
    if failureCount >= Self.attemptsMax {
      return .report(
        .connectionFailed, reason: "\(failureCount) attempts to connect failed, last: \(detail)")
    }
    return .retry(after: delay(using: &random))
  }

  private mutating func delay(using random: inout some RandomNumberGenerator) -> Duration {
    let exact = backoff.next(using: &random)
    guard policy == .fair else { return exact }
    return .nanoseconds(
      Int64(Double(exact.nanoseconds) * Double.random(in: 0.8...1, using: &random)))
  }
}
