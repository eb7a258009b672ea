import Glibc

/// A folder under /tmp with a short path (a Unix socket's path has 107 bytes at most) that belongs
/// to this process.
///
/// Its lock file is held as long as the process lives; folders whose lock is free were left behind
/// by a killed process and are removed by the next one that makes a folder.
final class ScratchFolder: Sendable {
  let path: String
  private let lock: Int32
  private static let parent = "/tmp"
  private static let prefix = "updraft-pg-"

  /// Makes a folder that only `owner` (nil: this process's user) and root can enter.
  init(owner: UnprivilegedUser?) throws(ScratchPostgresError) {
    Self.removeAbandoned()
    var template = Array("\(Self.parent)/\(Self.prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Self.failure("make a folder in \(Self.parent)") }
    let made = template.withUnsafeBufferPointer { buffer in
      String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    guard let held = Self.takeLock(made, creating: true) else {
      throw Self.failure("lock \(made)")
    }
    path = made
    lock = held
    if let owner, chown(made, owner.userID, owner.groupID) != 0 {
      throw Self.failure("give \(made) to \(owner.name)")
    }
  }

  deinit { close(lock) }

  /// Removes the folder and what is in it.
  func remove() { Self.remove(path) }

  private static func removeAbandoned() {
    for name in FolderListing.names(in: parent) where name.hasPrefix(prefix) {
      let path = "\(parent)/\(name)"
      guard let lock = takeLock(path, creating: false) else { continue }
      if let server = RunningPostmaster(dataFolder: "\(path)/data") {
        server.stop(within: .seconds(10))
      }
      remove(path)
      close(lock)
    }
  }

  /// The open lock file of `folder`, locked; nil when another process holds it or it is missing.
  private static func takeLock(_ folder: String, creating: Bool) -> Int32? {
    let flags = O_RDWR | O_CLOEXEC | (creating ? O_CREAT : 0)
    let lock = open("\(folder)/owner.lock", flags, 0o600)
    guard lock >= 0 else { return nil }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      return nil
    }
    return lock
  }

  private static func remove(_ path: String) {
    let command = ServerCommand(
      program: "/bin/rm", arguments: ["-rf", "--", path], user: nil, logPath: "/dev/null",
      deathSignal: "KILL")
    _ = try? command.run()
  }

  private static func failure(_ doing: String) -> ScratchPostgresError {
    ScratchPostgresError(
      "can't \(doing): \(String(cString: strerror(errno)))",
      hint: "check the space and the rights in \(parent)")
  }
}
