public import Competition
public import Logging
public import Resilience

/// Where the orchestrator is, what models are set up with, and when a model is given up.
public struct ClusterOptions: Sendable {
  /// The competition whose models are called.
  public var crunchID: String
  /// The orchestrator's host name or address. Default `localhost`.
  public var orchestratorHost = "localhost"
  /// The orchestrator's WebSocket port. Default 9091.
  public var orchestratorPort: UInt16 = 9_091
  /// What shows the orchestrator who reports models: the value of the `Authorization` field of the
  /// upgrade request, such as `Bearer TOKEN`. Default none.
  public var orchestratorAuthorization: String?
  /// The full name of the class that every model must derive from.
  public var baseClass: String
  /// What the models' instances are made with. Default: nothing.
  public var instanceArguments: [CallArgument] = []
  /// TLS and proofs of identity. Default `plain`.
  public var security = ClusterSecurity.plain
  /// Loop threads that share the models. Default 1, which serves 1,000 models on one core.
  public var loopCount = 1
  /// The circuit breaker's rules. Default `fair`.
  public var breakerPolicy = BreakerPolicy.fair
  /// The circuit breaker's limits. Default 100 failures and 100 timeouts in a row.
  public var breaker = BreakerSettings()
  /// When a round's bad ends are nobody's fault. Default: 30 % of at least 5 models.
  public var panicRule = PanicRule()
  /// How long a model waits for another Setup while so many models fail it in the same way that
  /// nobody is blamed. Default: 5 s, growing to 5 min.
  public var setupRetry = Backoff(min: .seconds(5), max: .seconds(300), jitter: 0.3)
  /// Whether models are reported to the orchestrator, and closed, when they pass a limit. Default
  /// yes.
  public var reportsFailures = true
  /// Whether JSON in answers is checked, off the loop, before a call returns: an answer that
  /// Python's reader would refuse is then a failure that counts. Default yes; a program that checks
  /// what it stores turns it off and calls `ModelCluster.answersWereJudged` instead.
  public var checksReplies = true
  /// The bounds of memory and connections.
  public var limits = Limits()
  /// The seed of every jitter. Default: a random one.
  public var seed = UInt64.random(in: 0 ... .max)
  /// Where the library's lines go.
  public var logger: Logger

  /// Options for one competition, everything else at its default.
  ///
  /// - Parameters:
  ///   - crunchID: The competition's id, the path of the orchestrator's feed.
  ///   - baseClass: For example `condorgame.tracker.TrackerBase`.
  ///   - logger: Where the library's lines go.
  public init(crunchID: String, baseClass: String, logger: Logger) {
    self.crunchID = crunchID
    self.baseClass = baseClass
    self.logger = logger
  }
}
