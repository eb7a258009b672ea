public import Competition

/// A round that is due.
public struct DueRound: Hashable, Sendable {
  /// What to ask.
  public let params: PredictionParams
  /// When its turn came.
  public let dueAt: MonotonicInstant
  /// Turns of its group that passed since then and are dropped.
  public let missedTurnCount: Int
}

/// Decides which rounds are due.
///
/// Configurations with the same horizon, step and interval form a group; its assets take turns in
/// `order`, one every interval / count. A turn that comes late is taken once, later ones that have
/// passed meanwhile are dropped and counted, and the turns after it keep their places in time.
public struct Schedule: Sendable {
  private struct Key: Hashable {
    let horizonSeconds: Int
    let stepSeconds: Int
    let intervalSeconds: Int
  }

  private struct Group {
    let key: Key
    var assets: [String]
    var nextIndex = 0
    var nextDueAt: MonotonicInstant

    var turnNanoseconds: Int64 {
      max(1, Duration.seconds(key.intervalSeconds).nanoseconds / Int64(max(1, assets.count)))
    }
  }

  private var groups: [Group] = []

  /// A schedule without rounds.
  public init() {}

  /// The number of groups.
  public var groupCount: Int { groups.count }

  /// When the next turn comes; nil without groups.
  public var nextDueAt: MonotonicInstant? { groups.map(\.nextDueAt).min() }

  /// Takes over a new set of configurations.
  ///
  /// A new group's first turn comes at once. A group that stays keeps its next turn and whose it
  /// is; when assets join or leave, the next one that is still there goes on.
  public mutating func apply(_ configs: [PredictionConfig], at now: MonotonicInstant) {
    var keys: [Key] = []
    var assets: [Key: [String]] = [:]
    for config in configs.filter(\.active).sorted(by: { ($0.order, $0.id) < ($1.order, $1.id) }) {
      let key = Key(
        horizonSeconds: config.params.horizonSeconds, stepSeconds: config.params.stepSeconds,
        intervalSeconds: config.intervalSeconds)
      if assets[key] == nil { keys.append(key) }
      if assets[key]?.contains(config.params.asset) == true { continue }
      assets[key, default: []].append(config.params.asset)
    }
    let old = Dictionary(uniqueKeysWithValues: groups.map { ($0.key, $0) })
    groups = keys.map { key in
      let wanted = assets[key] ?? []
      guard let kept = old[key] else {
        return Group(key: key, assets: wanted, nextDueAt: now)
      }
      return Self.carry(kept, to: wanted, at: now)
    }
  }

  private static func carry(
    _ group: Group, to assets: [String], at now: MonotonicInstant
  ) -> Group {
    guard group.assets != assets else { return group }
    var carried = group
    carried.assets = assets
    let turns = group.assets[group.nextIndex...] + group.assets[..<group.nextIndex]
    carried.nextIndex = turns.lazy.compactMap { assets.firstIndex(of: $0) }.first ?? 0
    let nextTurn = now.advanced(by: .nanoseconds(carried.turnNanoseconds))
    carried.nextDueAt = min(group.nextDueAt, nextTurn)
    return carried
  }

  /// Takes the rounds whose turn has come, at most one of each group, in the groups' order.
  public mutating func takeDue(at now: MonotonicInstant) -> [DueRound] {
    var due: [DueRound] = []
    for index in groups.indices where groups[index].nextDueAt <= now {
      let group = groups[index]
      let turn = group.turnNanoseconds
      let missed = now.since(group.nextDueAt).nanoseconds / turn
      due.append(
        DueRound(
          params: PredictionParams(
            asset: group.assets[group.nextIndex], horizonSeconds: group.key.horizonSeconds,
            stepSeconds: group.key.stepSeconds),
          dueAt: group.nextDueAt, missedTurnCount: Int(missed)))
      groups[index].nextIndex = (group.nextIndex + 1) % group.assets.count
      groups[index].nextDueAt = group.nextDueAt.advanced(by: .nanoseconds((missed + 1) * turn))
    }
    return due
  }
}
