import Competition
import EventLoop
import Glibc
import Logging
import Telemetry

/// Looks each second at all processes: who belongs to which model, who uses too much, who tries to
/// stay behind.
///
/// Ended by `close`.
final class FamilyWatch {
  /// Told about one model.
  struct Listener {
    /// The model must be ended, because of this.
    let exceeded: (String) -> Void
    /// Something for the model's log.
    let note: (String) -> Void
  }

  private static let interval: Duration = .seconds(1)
  /// A process that keeps starting others is stopped for good in some rounds; more would hold the
  /// loop up.
  private static let killRoundsMax = 20

  private let mark: ProcessMark
  private let adoptsOrphans: Bool
  private let loop: Loop
  private let logger: Logger
  private let ownID = getpid()
  private let pageBytes = max(1, sysconf(Int32(_SC_PAGESIZE)))
  private var file: ProcessFile?
  private var timer: LoopTimer?
  private var families: [ModelID: (family: ModelFamily, listener: Listener)] = [:]
  /// Orphans that were looked into, with the deployment that they named.
  private var orphans: [ProcessIdentity: String?] = [:]
  private var written: Set<ProcessIdentity> = []
  /// Children of ours that the last look didn't know.
  private var suspects: Set<ProcessIdentity> = []

  /// Creates a watch that looks from `begin` on.
  ///
  /// - Parameters:
  ///   - mark: What the models' processes carry.
  ///   - adoptsOrphans: Whether orphans become our children, so that a child of ours that we didn't
  ///     start is one that tried to get away.
  ///   - loop: The loop to look on.
  ///   - logger: Told of what belongs to no model.
  init(_ mark: ProcessMark, adoptsOrphans: Bool, on loop: Loop, logger: Logger) {
    self.mark = mark
    self.adoptsOrphans = adoptsOrphans
    self.loop = loop
    self.logger = logger
  }

  /// Takes the list of processes over, ends those that an earlier run left, and begins to look.
  ///
  /// - Throws: `ConfigurationFault` when the list can't be had.
  func begin(_ configuration: OrchestratorConfiguration) throws(ConfigurationFault) {
    let path = configuration.runner.processesFile
    let file: ProcessFile
    do {
      guard let taken = try ProcessFile(path) else {
        throw FileError("another orchestrator uses it", during: "take \(path)")
      }
      file = taken
    } catch {
      throw ConfigurationFault(problems: [
        ConfigurationProblem(
          setting: "infrastructure.runner.processes-file",
          text: "\(error); stop the other one, or give each a file of its own",
          file: configuration.file, line: nil)
      ])
    }
    let (count, isClean) = Survivors.end(file, mark)
    if count > 0 {
      logger.warning(
        "processes of models of an earlier run were killed", metadata: [LogKey.count: "\(count)"])
    }
    if !isClean { logger.error("some processes of an earlier run could not be ended") }
    self.file = file
    timer = LoopTimer(on: loop) { [weak self] in self?.look() }
    timer?.repeatEvery(Self.interval)
  }

  /// Stops looking; nothing may run any more. Safe to call again.
  func close() {
    guard timer != nil else { return }
    timer?.close()
    timer = nil
    if adoptsOrphans { endStrays(ProcessTable.read(), atOnce: true) }
    file?.remove()
    file = nil
  }

  /// Takes a model in whose process was just started.
  func add(
    _ modelID: ModelID, processID: Int32, deploymentID: String, limits: ModelLimits,
    isolation: Isolation, listener: Listener
  ) {
    var buffer = [UInt8](repeating: 0, count: 2_048)
    let entry = ProcessTable.text(of: processID, "stat", &buffer).flatMap(ProcessEntry.init)
    let leader = entry?.identity ?? ProcessIdentity(id: processID, startTicks: 0)
    let family = ModelFamily(
      leader: leader, deploymentID: deploymentID, limits: limits, isolation: isolation)
    families[modelID] = (family, listener)
    save()
  }

  /// Asks a model in a sandbox to end: only its own processes, since bubblewrap's would take it
  /// along at once.
  ///
  /// - Returns: Whether there was anybody to ask.
  func askSandboxToEnd(_ modelID: ModelID) -> Bool {
    guard var family = families[modelID]?.family else { return false }
    let table = ProcessTable.read()
    let members = family.update(table)
    families[modelID]?.family = family
    let outer = table.children(of: family.leader.id).map(\.id) + [family.leader.id]
    let asked = members.filter { !outer.contains($0.id) }
    for member in asked {
      _ = kill(member.id, SIGTERM)
      _ = kill(member.id, SIGCONT)
    }
    return !asked.isEmpty
  }

  /// Kills what is left of a model, wherever it went, and forgets it.
  func end(_ modelID: ModelID) {
    guard var entry = families[modelID] else { return }
    var told: Set<ProcessIdentity> = []
    for _ in 0..<Self.killRoundsMax {
      let table = ProcessTable.read()
      let marked = orphans(in: table).filter { $0.deployment == entry.family.deploymentID }
      let ids = table.families(of: marked.map(\.id) + entry.family.update(table).map(\.id))
      let left = ids.compactMap { table.entries[$0] }.filter { !$0.isZombie && $0.id != ownID }
      for process in left {
        _ = kill(process.id, SIGKILL)
        if told.insert(process.identity).inserted, told.count <= 10 {
          entry.listener.note("killed what it left behind: \(process.name) (\(process.id))")
        }
      }
      if left.isEmpty { break }
    }
    families[modelID] = nil
    save()
  }

  private func look() {
    let table = ProcessTable.read()
    let marked = orphans(in: table)
    var verdicts: [(Listener, String)] = []
    for modelID in families.keys.sorted() {
      guard let entry = families[modelID] else { continue }
      var family = entry.family
      let listener = entry.listener
      let members = family.update(table)
      // Whoever carries the model's mark may have put it on itself: it is killed, and counts for
      // nothing.
      let mine = marked.filter { $0.deployment == family.deploymentID }.map(\.id)
      let deserters = family.deserters(among: members)
      let marking = table.families(of: mine).subtracting(members.map(\.id))
      for process in deserters + marking.compactMap({ table.entries[$0] })
      where !process.isZombie {
        _ = kill(process.id, SIGKILL)
        listener.note("killed a process that left the model: \(process.name) (\(process.id))")
      }
      let staying = members.filter { !deserters.contains($0) }
      if let reason = family.verdict(on: staying, pageBytes: pageBytes) {
        verdicts.append((listener, reason))
      }
      families[modelID]?.family = family
    }
    endStrays(table)
    save()
    for (listener, reason) in verdicts { listener.exceeded(reason) }
  }

  /// The processes without parents that carry a mark of ours.
  private func orphans(in table: ProcessTable) -> [(id: Int32, deployment: String)] {
    // Orphans go to this process or to one above it.
    let now = table.lineage(of: ownID).flatMap { table.children(of: $0) }.filter {
      !$0.isZombie && !ChildProcess.isRunning($0.id)
    }
    var seen: [ProcessIdentity: String?] = [:]
    var result: [(Int32, String)] = []
    for process in now {
      let deployment = orphans[process.identity] ?? mark.deployment(of: process.id)
      seen.updateValue(deployment, forKey: process.identity)
      if let deployment { result.append((process.id, deployment)) }
    }
    orphans = seen
    return result
  }

  /// Ends and reaps children of ours that we didn't start. A process counts as one at the second
  /// look: a thread may be just starting it.
  private func endStrays(_ table: ProcessTable, atOnce: Bool = false) {
    guard adoptsOrphans else { return }
    let strays = table.children(of: ownID).filter { !ChildProcess.isRunning($0.id) }
    // One that a model's session holds stays until that model ends.
    let sessions = Set(families.values.map(\.family.leader.id))
    for process in strays where atOnce || suspects.contains(process.identity) {
      if process.isZombie {
        var status: Int32 = 0
        _ = waitpid(process.id, &status, WNOHANG)
      } else if atOnce || !sessions.contains(process.sessionID) {
        _ = kill(process.id, SIGKILL)
        logger.warning(
          "a process that left its model is killed",
          metadata: [LogKey.pid: "\(process.id)", LogKey.path: "\(process.name)"])
      }
    }
    suspects = Set(strays.map(\.identity))
  }

  /// Writes down who is there, when that changed.
  private func save() {
    guard let file else { return }
    let now = families.values.reduce(into: Set<ProcessIdentity>()) { $0.formUnion($1.family.known) }
    guard now != written else { return }
    written = now
    do {
      try file.write(now)
    } catch {
      logger.error(
        "the list of the models' processes can't be written: after a crash some may be left",
        metadata: [LogKey.reason: "\(error)"])
    }
  }
}
