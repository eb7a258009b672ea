public import Competition
public import Resilience
public import TLSEngine

/// A cluster in numbers at one moment.
public struct ClusterStatistics: Hashable, Sendable {
  /// Models that the orchestrator lists as running and that are not given up.
  public internal(set) var knownCount = 0
  /// Those of them that are connected and set up now.
  public internal(set) var connectedCount = 0
  /// Those of them whose connection is TLS.
  public internal(set) var secureCount = 0
  /// The first moment at which one of their delegations or certificates ends; nil when none does.
  public internal(set) var nearestEnd: UTCTime?
  /// Connections to models that TLS refused, from either side, by reason.
  public internal(set) var tlsFailureCounts: [TLSError.Code: Int] = [:]
  /// Those that rounds ask, by the worst state of their breaker over all methods.
  public internal(set) var breakerCounts: [BreakerState: Int] = [:]
  /// Whether the orchestrator's model list is being followed now.
  public internal(set) var isOrchestratorConnected = false
  /// How often the orchestrator has been connected to, the first time included.
  public internal(set) var orchestratorConnectCount = 0
  /// Messages, entries and reports that were skipped.
  public internal(set) var skippedCount = 0
  /// Models reported to the orchestrator.
  public internal(set) var reportCounts: [FailureCode: Int]
  /// Models that would have been reported, had reports not been turned off.
  public internal(set) var withheldReportCount = 0
  /// Connections to models that worked and broke.
  public internal(set) var modelLossCount = 0
  /// Rounds, counted per loop, and waves of set-ups whose bad ends were counted against nobody.
  public internal(set) var panicCount = 0

  init() { reportCounts = Dictionary(uniqueKeysWithValues: FailureCode.allCases.map { ($0, 0) }) }

  /// How often the orchestrator has been connected to again.
  public var orchestratorReconnectCount: Int { max(0, orchestratorConnectCount - 1) }

  /// Counts an event.
  mutating func take(_ event: ClusterEvent) {
    switch event {
    case .orchestratorConnected:
      isOrchestratorConnected = true
      orchestratorConnectCount += 1
    case .orchestratorLost: isOrchestratorConnected = false
    case .entrySkipped: skippedCount += 1
    case .modelLost: modelLossCount += 1
    case .modelReported(let report): reportCounts[report.code, default: 0] += 1
    case .reportWithheld: withheldReportCount += 1
    case .panic, .setupPanic: panicCount += 1
    case .modelsRefused(let models, _): skippedCount += models.count
    case .modelReady, .modelNotReady, .modelClosed, .outOfDescriptors: break
    }
  }

  /// Adds the models of one loop.
  mutating func addModels(of shard: ClusterStatistics) {
    knownCount += shard.knownCount
    connectedCount += shard.connectedCount
    secureCount += shard.secureCount
    nearestEnd = [nearestEnd, shard.nearestEnd].compactMap(\.self).min()
    tlsFailureCounts.merge(shard.tlsFailureCounts, uniquingKeysWith: +)
    breakerCounts.merge(shard.breakerCounts, uniquingKeysWith: +)
  }
}
