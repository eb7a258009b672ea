import Glibc

/// Ends what an orchestrator that was killed left running.
enum Survivors {
  private static let roundsMax = 200
  private static let pauseMillis: Int32 = 10

  /// Kills the processes that the file names or that carry the mark, and all below them, and waits,
  /// at most 2 s, until they have ended.
  ///
  /// - Returns: How many there were, and whether all of them have ended.
  static func end(_ file: ProcessFile, _ mark: ProcessMark) -> (count: Int, isClean: Bool) {
    let named = file.read()
    var found: Set<ProcessIdentity> = []
    for _ in 0..<roundsMax {
      let table = ProcessTable.read()
      let roots = table.entries.values.filter { entry in
        entry.id != getpid() && !entry.isZombie
          && (named.contains(entry.identity) || mark.deployment(of: entry.id) != nil)
      }
      if roots.isEmpty {
        file.remove()
        return (found.count, true)
      }
      for id in table.families(of: roots.map(\.id)) where id != getpid() {
        if let entry = table.entries[id], !entry.isZombie { found.insert(entry.identity) }
        _ = kill(id, SIGKILL)
      }
      _ = poll(nil, 0, pauseMillis)
    }
    return (found.count, false)
  }
}
