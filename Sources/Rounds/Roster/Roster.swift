public import Competition

/// The models of a game that this worker serves, who of them runs, and which prices each has seen.
///
/// A member is in one of these states:
/// - *joined*: running, not yet part of a tick → *ticked*, or forgotten when it leaves;
/// - *ticked*: running, part of a tick since it connected → *known* when it leaves or reconnects;
/// - *known*: has or will have a row in `models`; not running, or not ticked since it connected
///   → *ticked*.
/// Ticked and known members are rostered: they get a record in every round. Only ticked ones are
/// called, the others are ABSENT.
public struct Roster: Sendable {
  private struct Member {
    var row: ModelRow
    var storedRow: ModelRow?
    var running: RunningModel?
    /// Whether a tick was sent to the present connection.
    var isTicked = false
    /// Whether the member belongs into every round.
    var isKnown: Bool
    /// The newest price acknowledged by the present connection, Unix seconds by asset.
    var seen: PriceMarks = [:]
    var lastTickNumber = 0
    var lastSeenAt: MonotonicInstant
  }

  private let owns: @Sendable (ModelID) -> Bool
  private let absentAfter: Duration?
  private var members: [ModelID: Member] = [:]
  private var tickNumber = 0

  /// A roster of the models that the database knows, none of them running yet.
  ///
  /// - Parameters:
  ///   - rows: The rows of `models`.
  ///   - absentAfter: How long a model that left stays rostered; nil is for ever.
  ///   - now: The start of the worker.
  ///   - owns: Which models this worker serves; all others are ignored.
  public init(
    rows: [ModelRow], absentAfter: Duration? = nil, at now: MonotonicInstant,
    owns: @escaping @Sendable (ModelID) -> Bool = { _ in true }
  ) {
    self.owns = owns
    self.absentAfter = absentAfter
    for row in rows where owns(row.modelID) {
      members[row.modelID] = Member(row: row, storedRow: row, isKnown: true, lastSeenAt: now)
    }
  }

  /// The members that run now.
  public var runningCount: Int { members.values.count { $0.running != nil } }

  /// The members that are rostered or wait for their first tick.
  public var memberCount: Int { members.count }

  /// Takes in who runs now; a model that is listed twice counts by its last entry.
  ///
  /// Who left, or has a new connection or deployment, needs the whole history again.
  public mutating func update(running: [RunningModel], at now: MonotonicInstant) {
    var listed: Set<ModelID> = []
    for model in running where owns(model.description.modelID) {
      let id = model.description.modelID
      listed.insert(id)
      var member =
        members[id]
        ?? Member(row: ModelRow(model.description), isKnown: false, lastSeenAt: now)
      if member.running?.connection != model.connection
        || member.running?.description.deploymentID != model.description.deploymentID
      {
        member.isTicked = false
        member.seen = [:]
      }
      member.running = model
      member.row = ModelRow(model.description)
      member.lastSeenAt = now
      members[id] = member
    }
    for (id, member) in members where member.running != nil && !listed.contains(id) {
      if member.isKnown {
        members[id]?.running = nil
        members[id]?.isTicked = false
        members[id]?.seen = [:]
        members[id]?.lastSeenAt = now
      } else {
        members[id] = nil
      }
    }
  }

  /// Who a tick may go to, each with the prices it has acknowledged; longest not ticked first, then
  /// by id.
  public var tickCandidates: [TickCandidate] {
    members.compactMap { id, member in
      member.running.map { _ in
        TickCandidate(modelID: id, seen: member.seen, lastTickNumber: member.lastTickNumber)
      }
    }
    .sorted { ($0.lastTickNumber, $0.modelID) < ($1.lastTickNumber, $1.modelID) }
  }

  /// Takes in how a tick went: who answered well has seen what was sent. Everyone who was to get it
  /// is rostered from now on, and called from now on unless it is known that nothing was sent.
  public mutating func ticked(_ plan: TickPlan, outcomes: [PredictionOutcome]) {
    tickNumber += 1
    let unsent = Set(outcomes.lazy.filter { !$0.wasSent }.map(\.modelID))
    let succeeded = Set(outcomes.lazy.filter { $0.status == .success }.map(\.modelID))
    for group in plan.groups {
      for id in group.models {
        guard var member = members[id] else { continue }
        member.isTicked = member.isTicked || !unsent.contains(id)
        member.isKnown = true
        member.lastTickNumber = tickNumber
        if succeeded.contains(id) { member.seen.merge(group.newest) { max($0, $1) } }
        members[id] = member
      }
    }
  }

  /// The roster of a round that opens now, by model id.
  public func snapshot(at now: MonotonicInstant) -> RoundRoster {
    var entries: [RoundRoster.Entry] = []
    entries.reserveCapacity(members.count)
    var rows: [ModelRow] = []
    for (id, member) in members where member.isKnown {
      if member.running == nil, let absentAfter, now.since(member.lastSeenAt) > absentAfter {
        continue
      }
      entries.append(
        RoundRoster.Entry(modelID: id, isCalled: member.running != nil && member.isTicked))
      if member.row != member.storedRow { rows.append(member.row) }
    }
    return RoundRoster(
      entries: entries.sorted { $0.modelID < $1.modelID },
      changedRows: rows.sorted { $0.modelID < $1.modelID })
  }

  /// Takes in that storage has accepted these rows, so that they are not sent again.
  public mutating func stored(_ rows: [ModelRow]) {
    for row in rows { members[row.modelID]?.storedRow = row }
  }
}
