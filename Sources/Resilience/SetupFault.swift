/// Why a model can't be set up, as far as many models can have the same trouble at once.
public enum SetupFault: String, Hashable, Sendable, CaseIterable {
  /// It can't be connected to.
  case notReachable = "no connection"
  /// Setup is not answered.
  case unanswered = "no answer to Setup"
  /// It says that it lacks the base class.
  case badImplementation = "BAD_IMPLEMENTATION"
  /// It says that Setup was called in a wrong way.
  case invalidArgument = "INVALID_ARGUMENT"
  /// Its Setup failed in another way.
  case failed = "failure of Setup"

  /// Whether `base_class` and `instance_args`, which all models get, can be the cause.
  public var concernsWhatIsSentToAll: Bool {
    switch self {
    case .badImplementation, .invalidArgument, .failed: true
    case .notReachable, .unanswered: false
    }
  }

  /// The fault behind a failed attempt; nil for those that are one model's own by their nature, or
  /// surely ours.
  public init?(_ failure: ConnectFailure) {
    switch failure {
    case .notReachable: self = .notReachable
    case .setupUnanswered: self = .unanswered
    case .setupBadImplementation: self = .badImplementation
    case .setupInvalidArgument: self = .invalidArgument
    case .setupFailed: self = .failed
    case .setupBusy, .notAuthentic, .outOfDescriptors: return nil
    }
  }
}
