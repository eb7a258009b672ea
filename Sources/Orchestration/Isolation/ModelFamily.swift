import Competition
import Glibc

/// The processes of one running model: its own, those that they start, those that try to leave.
struct ModelFamily {
  let leader: ProcessIdentity
  let deploymentID: String
  let limits: ModelLimits
  let isolation: Isolation
  /// All that have been seen and still exist.
  private(set) var known: Set<ProcessIdentity>
  /// Looks in a row that found everything stopped.
  private var stoppedLookCount = 0

  init(leader: ProcessIdentity, deploymentID: String, limits: ModelLimits, isolation: Isolation) {
    self.leader = leader
    self.deploymentID = deploymentID
    self.limits = limits
    self.isolation = isolation
    known = [leader]
  }

  /// Finds the members in `table` and remembers them.
  mutating func update(_ table: ProcessTable) -> [ProcessEntry] {
    let roots = table.entries.values.filter { entry in
      known.contains(entry.identity)
        || entry.sessionID == leader.id && entry.startTicks >= leader.startTicks
    }
    let ids = table.families(of: roots.map(\.id))
    let members = ids.compactMap { table.entries[$0] }
    known = Set(members.map(\.identity))
    return members
  }

  /// The members whose parents have ended and who left the model's session: nothing that a model
  /// has to do needs that.
  func deserters(among members: [ProcessEntry]) -> [ProcessEntry] {
    let ids = Set(members.map(\.id))
    return members.filter {
      !ids.contains($0.parentID) && $0.sessionID != leader.id && $0.id != leader.id
    }
  }

  /// Why the model may not go on; nil when it may. Called once a look, with the members that didn't
  /// leave.
  mutating func verdict(on members: [ProcessEntry], pageBytes: Int) -> String? {
    let living = members.filter { !$0.isZombie }
    // Bubblewrap's own two processes are never stopped by the model.
    let own = living.filter { isolation != .bubblewrap || $0.name != BubblewrapCommand.program }
    let isStopped = !own.isEmpty && own.allSatisfy(\.isStopped)
    stoppedLookCount = isStopped ? stoppedLookCount + 1 : 0
    if stoppedLookCount >= 2 { return "all its processes are stopped (SIGSTOP)" }
    guard isolation != .none else { return nil }
    let threads = living.reduce(0) { $0 + $1.threadCount }
    if threads > limits.processes {
      return "\(threads) processes and threads; limits.processes allows \(limits.processes)"
    }
    let resident = living.reduce(0) { $0 + $1.residentPageCount } * pageBytes
    guard resident > limits.memoryBytes else { return nil }
    // Pages that several share were counted several times: look more closely.
    let bytes = living.reduce(0) {
      $0 + (Self.proportionalBytes($1.id) ?? $1.residentPageCount * pageBytes)
    }
    guard bytes > limits.memoryBytes else { return nil }
    return "\(ByteCountText.describe(bytes)) of memory in \(living.count) processes;"
      + " limits.memory allows \(ByteCountText.describe(limits.memoryBytes))"
  }

  /// The memory of a process, shared pages in equal parts (proc(5), smaps_rollup).
  private static func proportionalBytes(_ id: Int32) -> Int? {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    guard let text = ProcessTable.text(of: id, "smaps_rollup", &buffer),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
      let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return kibibytes << 10
  }
}
