import Competition
import Glibc
import Testing

@testable import Orchestration

/// A fresh folder that goes with its last reference.
final class TestFolder: Sendable {
  let path: String

  init() throws {
    var name = Array("/tmp/updraft-orchestration-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Models may run as another user.
    chmod(path, 0o755)
  }

  deinit { TestFolder.remove(path) }

  /// Writes a file, making the folders above it.
  func write(_ text: String, to name: String) throws {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/\(part)"
      mkdir(folder, 0o755)
    }
    // The new file replaces the old one at once, as editors do it.
    let file = try #require(fopen("\(path)/\(name).new", "w"))
    fputs(text, file)
    fclose(file)
    try #require(rename("\(path)/\(name).new", "\(path)/\(name)") == 0)
  }

  /// The text of a file; empty when there is none.
  func read(_ name: String) -> String { Self.text(at: "\(path)/\(name)") }

  /// The text of any file; empty when there is none.
  static func text(at path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var byte = fgetc(file)
    while byte != EOF {
      bytes.append(UInt8(truncatingIfNeeded: byte))
      byte = fgetc(file)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes of a file; 0 when there is none.
  func size(_ name: String) -> Int {
    var status = stat()
    return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : 0
  }

  func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in Folder.names(in: path) { remove("\(path)/\(name)") }
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// Whether a process with this id exists.
func isAlive(_ processID: Int32) -> Bool { kill(processID, 0) == 0 }

/// Whether a process ends soon; one that its new parent hasn't reaped yet has ended.
func hasEnded(_ processID: Int32) async -> Bool {
  let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
  while isAlive(processID), !isZombie(processID) {
    if MonotonicInstant.now() > deadline { return false }
    await Task.yield()
  }
  return true
}

private func isZombie(_ processID: Int32) -> Bool {
  guard let file = fopen("/proc/\(processID)/stat", "r") else { return true }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 512)
  let count = fread(&bytes, 1, 512, file)
  return String(decoding: bytes[..<count], as: UTF8.self).contains(") Z ")
}
