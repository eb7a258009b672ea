public import Settings
public import Logging
public import ModelRunner

extension ClusterOptions {
  /// The options that a game's settings give, with the TLS and proofs of a `ModelAccess`.
  public init(_ game: GameConfiguration, security: ClusterSecurity, logger: Logger) {
    self.init(crunchID: game.crunchID, baseClass: game.baseClass, logger: logger)
    self.security = security
    orchestratorHost = game.orchestrator.host
    orchestratorPort = game.orchestrator.port
    instanceArguments = game.instanceArguments
    loopCount = game.predict.loops
    breakerPolicy = game.predict.breaker
    breaker = game.predict.breakerSettings
    if let rule = game.predict.panicRule { panicRule = rule }
    reportsFailures = game.predict.reportFailures
    // Storage checks what it keeps; the worker passes its verdicts on.
    checksReplies = false
    limits = game.limits
  }
}
