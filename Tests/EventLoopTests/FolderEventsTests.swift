import Competition
import EventLoop
import Glibc
import Synchronization
import Testing

private func makeFolder() throws -> String {
  var name = Array("/tmp/updraft-folder-XXXXXX".utf8CString)
  try #require(mkdtemp(&name) != nil)
  return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func touch(_ path: String) throws {
  let file = try #require(fopen(path, "w"))
  fclose(file)
}

@Test func changesInAFolderAreToldWithTheirNamesUntilItIsClosed() async throws {
  let folder = try makeFolder()
  defer { rmdir(folder) }
  try await withLoop { thread in
    let names = Mutex<Set<String?>>([])
    let events = try await LoopBound(on: thread) { loop in
      try FolderEvents(folder, on: loop) { name in names.withLock { _ = $0.insert(name) } }
    }
    try touch("\(folder)/a.py")
    rename("\(folder)/a.py", "\(folder)/b.py")
    unlink("\(folder)/b.py")
    let deadline = MonotonicInstant.now().advanced(by: .seconds(20))
    while names.withLock({ $0.count }) < 2, MonotonicInstant.now() < deadline {
      await Task.yield()
    }
    #expect(names.withLock { $0 } == ["a.py", "b.py"])
    await events.run { events in
      events.close()
      events.close()
    }
    names.withLock { $0 = [] }
    try touch("\(folder)/c.py")
    unlink("\(folder)/c.py")
    await thread.run { _ in }
    #expect(names.withLock { $0.isEmpty })
  }
}

@Test func aFolderThatIsNotThereCannotBeWatchedAndLeavesNothingOpen() async throws {
  try await withLoop { thread in
    await #expect(throws: EventLoopError.self) {
      try await thread.run { loop in
        try FolderEvents("/nowhere/at/all", on: loop) { _ in }.close()
      }
    }
  }
}
