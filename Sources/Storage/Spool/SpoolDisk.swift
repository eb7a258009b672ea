import Glibc

/// Segments' bytes and names on their way to the disk, forced there as `spool.fsync` says.
///
/// Owned by the spool's thread. Life: `stop()` must be called.
struct SpoolDisk {
  let system: SpoolSystem
  private let directory: String
  private let fsync: SpoolOptions.Fsync
  private let folder: OpenFile
  private let background: SpoolSync?

  /// Starts the thread that forces what is due, with `fsync: interval`.
  ///
  /// - Throws: `SpoolError` when the system gives no thread.
  init(_ options: SpoolOptions, folder: OpenFile, system: SpoolSystem) throws(SpoolError) {
    self.system = system
    self.folder = folder
    directory = options.directory
    fsync = options.fsync
    background =
      options.fsync == .interval
      ? try SpoolSync(interval: options.fsyncInterval, folder: folder, system: system) : nil
  }

  /// What could not be forced to the disk behind.
  var failures: SpoolSync.Failures { background?.failures ?? SpoolSync.Failures() }

  /// A name in the folder has changed.
  func noteNames() { background?.noteFolder() }

  /// Forces what is due to the disk now; nothing with `fsync: never`.
  func flush() { background?.flush() }

  /// Forces what is due to the disk and ends the thread.
  func stop() { background?.stop() }

  /// Makes the file under a name of its own, so that one that is named like a segment is never
  /// without its header.
  func create(
    _ file: SegmentFile, with batch: SegmentBatch
  ) throws(SpoolError) -> OpenFile {
    let path = file.path + SegmentFile.newSuffix
    let open = try OpenFile.create(path: path, name: file.name)
    do throws(SpoolError) {
      try put(batch, to: open, at: 0)
      if fsync == .always { try force(open) }
      guard rename(path, file.path) == 0 else {
        throw SpoolError(errorNumber: errno, doing: "begin \(file.name)")
      }
    } catch {
      unlink(path)
      throw error
    }
    do throws(SpoolError) {
      try forceName(of: open)
    } catch {
      unlink(file.path)
      throw error
    }
    return open
  }

  /// Writes a batch, and forces it to the disk as the options say.
  func write(_ batch: SegmentBatch, to open: OpenFile, at offset: Int) throws(SpoolError) {
    try put(batch, to: open, at: offset)
    switch fsync {
    case .always: try force(open)
    case .interval: background?.note(open)
    case .never: break
    }
  }

  private func put(
    _ batch: SegmentBatch, to open: OpenFile, at offset: Int
  ) throws(SpoolError) {
    try batch.withVectors { (vectors) throws(SpoolError) in
      try system.writeAll(
        &vectors, to: open.descriptor, at: offset, doing: "append to \(open.name)")
    }
  }

  private func force(_ open: OpenFile) throws(SpoolError) {
    let result = system.syncFile(open.descriptor)
    guard result >= 0 else {
      throw SpoolError(errorNumber: Int32(-result), doing: "force \(open.name) to the disk")
    }
  }

  /// A new segment's name must be on the disk as well as its bytes.
  private func forceName(of open: OpenFile) throws(SpoolError) {
    guard fsync == .always else { return background?.noteFolder(open) ?? () }
    let result = system.syncFolder(folder.descriptor)
    guard result >= 0 else {
      throw SpoolError(errorNumber: Int32(-result), doing: "begin \(open.name)")
    }
  }

  /// A new folder's own name must be on the disk too.
  func forceParent() throws(SpoolError) {
    guard fsync != .never else { return }
    let parent = try OpenFile.openFolder(path: directory + "/..")
    _ = system.syncFolder(parent.descriptor)
  }
}
