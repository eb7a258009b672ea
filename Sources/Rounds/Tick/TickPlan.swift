public import Competition

/// The newest price time seen, Unix seconds by asset; an asset that is missing was never seen.
public typealias PriceMarks = [String: Int64]

/// A model that a tick may go to.
public struct TickCandidate: Hashable, Sendable {
  /// The model.
  public let modelID: ModelID
  /// The prices that it has acknowledged; empty when it needs the whole history.
  public let seen: PriceMarks
  /// The number of the last tick that was sent to it; 0 when there was none.
  public let lastTickNumber: Int

  /// Creates a candidate.
  public init(modelID: ModelID, seen: PriceMarks, lastTickNumber: Int = 0) {
    self.modelID = modelID
    self.seen = seen
    self.lastTickNumber = lastTickNumber
  }
}

/// The models that lack the same prices, and those prices.
public struct TickGroup: Sendable {
  /// The `tick` argument, encoded once for all of them.
  public let payload: TickPayload
  /// Who gets it.
  public let models: [ModelID]
  /// What they have seen once they acknowledge it.
  public let newest: PriceMarks
  /// How many of them had seen nothing yet.
  public let wholeHistoryCount: Int
}

/// Who gets which prices in one tick.
///
/// Models that lack the same prices share one payload; in the usual case that is everyone. A model
/// that missed a tick lacks more, and gets all of it with the next one.
public struct TickPlan: Sendable {
  /// All payloads of one tick together, bytes: the largest call × 4.
  public static let payloadBytesMax = 4 * Limits.requestBytesMax

  /// The groups, the one with the most models first.
  public let groups: [TickGroup]
  /// Models that must wait for the next tick, since the payloads would take too much memory.
  public let deferredModels: [ModelID]

  /// Plans a tick of the prices of `snapshot`.
  ///
  /// - Parameters:
  ///   - candidates: The running models, those that waited longest first.
  ///   - snapshot: What is known of each asset.
  ///   - payloadBytesMax: When the payloads so far take more, the other groups wait.
  ///   - requestBytesMax: The largest payload; from a longer one the oldest prices are left out.
  public init(
    candidates: [TickCandidate], snapshot: PriceSnapshot,
    payloadBytesMax: Int = TickPlan.payloadBytesMax,
    requestBytesMax: Int = Limits.requestBytesMax
  ) {
    let newest = snapshot.newest
    var order: [PriceMarks] = []
    var models: [PriceMarks: [ModelID]] = [:]
    var wholeHistoryCounts: [PriceMarks: Int] = [:]
    for candidate in candidates {
      let lacking = candidate.seen.filter { newest[$0.key] != nil }
      guard newest.contains(where: { (lacking[$0.key] ?? .min) < $0.value }) else { continue }
      if models[lacking] == nil { order.append(lacking) }
      models[lacking, default: []].append(candidate.modelID)
      if candidate.seen.isEmpty { wholeHistoryCounts[lacking, default: 0] += 1 }
    }
    let largest = order.max { (models[$0]?.count ?? 0) < (models[$1]?.count ?? 0) }
    var groups: [TickGroup] = []
    var deferred: [ModelID] = []
    var byteCount = 0
    for marks in [largest].compactMap(\.self) + order.filter({ $0 != largest }) {
      let ids = models[marks] ?? []
      guard byteCount < payloadBytesMax else {
        deferred += ids
        continue
      }
      let payload = TickPayload(snapshot.prices(after: marks), bytesMax: requestBytesMax)
      byteCount += payload.json.utf8.count
      groups.append(
        TickGroup(
          payload: payload, models: ids, newest: newest,
          wholeHistoryCount: wholeHistoryCounts[marks] ?? 0))
    }
    self.groups = groups
    deferredModels = deferred
  }

  /// The models that get something.
  public var modelCount: Int { groups.reduce(0) { $0 + $1.models.count } }

  /// Whether nobody lacks anything.
  public var isEmpty: Bool { groups.isEmpty }
}
