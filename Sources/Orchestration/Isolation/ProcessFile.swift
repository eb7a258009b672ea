import Glibc

/// The models' processes on disk, for the start after a crash of the orchestrator.
///
/// One line each, `ID STARTTICKS`, below a line with the machine's boot id: after a reboot the ids
/// mean nothing. Held by one orchestrator at a time.
final class ProcessFile {
  let path: String
  private let lock: FolderLock

  /// Takes the file; nil when another orchestrator has it.
  ///
  /// - Throws: `FileError` when it can't be made.
  init?(_ path: String) throws(FileError) {
    try Folder.make(Folder.parent(of: path))
    guard let lock = try FolderLock.take(path + ".lock") else { return nil }
    self.lock = lock
    self.path = path
  }

  /// What the last run wrote down; empty when it ended well or before the last reboot.
  func read() -> Set<ProcessIdentity> {
    guard let text = try? FileText.read(path) else { return [] }
    let lines = text.split(separator: "\n")
    guard let first = lines.first, first == Self.bootID else { return [] }
    return lines.dropFirst().reduce(into: []) { found, line in
      let words = line.split(separator: " ")
      if words.count == 2, let id = Int32(words[0]), id > 1, let ticks = UInt64(words[1]) {
        found.insert(ProcessIdentity(id: id, startTicks: ticks))
      }
    }
  }

  /// Replaces the list; a crash leaves the old one or the new one.
  func write(_ processes: Set<ProcessIdentity>) throws(FileError) {
    let lines = processes.map { "\($0.id) \($0.startTicks)\n" }.sorted().joined()
    try FileText.replace("\(Self.bootID)\n\(lines)", at: path)
  }

  /// Removes the list: nothing runs any more.
  func remove() { unlink(path) }

  private static let bootID =
    ((try? FileText.read("/proc/sys/kernel/random/boot_id")) ?? "")
    .split(separator: "\n").first ?? ""
}
