import Competition
import Glibc

/// The disk buffer between answers and PostgreSQL: a folder with one segment file per round.
///
/// An answer has arrived when it is appended; a segment is removed when its rows are committed.
/// Owned by one thread. Life: it holds the folder's lock from `open` until `close()`, which must
/// be called.
final class Spool {
  let disk: SpoolDisk
  var budget: SpoolBudget

  private let options: SpoolOptions
  private let crunchID: String
  private let shard: Shard
  private let lock: SpoolLock
  private var isClosed = false
  private var found: [SegmentFile] = []
  private var times: [String: UTCTime] = [:]
  private var counts = SpoolUsage()

  /// The files of other versions and competitions, each with its reason; they are left alone.
  private(set) var refused: [SpoolError] = []

  /// Opens the folder, which is made when it is not there.
  ///
  /// - Throws: `SpoolError`: `locked` when another process holds it, `io`.
  static func open(
    _ options: SpoolOptions, crunchID: String, shard: Shard, system: SpoolSystem = .real
  ) throws(SpoolError) -> Spool {
    let isNew = try SpoolFolder(directory: options.directory).make()
    let spool = try Spool(options, crunchID: crunchID, shard: shard, system: system)
    do throws(SpoolError) {
      try spool.takeStock()
      if isNew { try spool.disk.forceParent() }
    } catch {
      spool.close()
      throw error
    }
    return spool
  }

  private init(
    _ options: SpoolOptions, crunchID: String, shard: Shard, system: SpoolSystem
  ) throws(SpoolError) {
    self.options = options
    self.crunchID = crunchID
    self.shard = shard
    budget = SpoolBudget(bytesMax: options.bytesMax)
    let folder = try OpenFile.openFolder(path: options.directory)
    lock = try SpoolLock(directory: options.directory)
    disk = try SpoolDisk(options, folder: folder, system: system)
  }

  /// Forces what is due to the disk, ends the spool's thread and gives the folder's lock back.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    disk.stop()
    lock.release()
  }

  // MARK: What earlier runs left

  /// The rounds of earlier runs that are not stored yet, oldest first.
  func leftovers() -> [SegmentFile] { found }

  /// Reads a segment back; its values are checked and not kept.
  ///
  /// - Throws: `SpoolError`: `damaged` when the round's header can't be read: the file is kept as
  ///   `*.damaged` and is no leftover any more; `foreignVersion` and `foreignCrunch`: it is left
  ///   alone; `missing`: somebody has taken it away; `io`: it may be tried again.
  func recover(_ file: SegmentFile) throws(SpoolError) -> RecoveredRound {
    do throws(SpoolError) {
      let round = try SegmentScanner(file, checksValues: true).scan()
      guard round.crunchID == crunchID else { throw foreign(file, crunchID: round.crunchID) }
      counts.damagedRecords += round.damage.count
      return round
    } catch {
      switch error.code {
      case .damaged: throw setAside(file, because: error)
      case .foreignVersion, .foreignCrunch: refuse(file, because: error)
      case .missing: drop(file)
      default: break
      }
      throw error
    }
  }

  /// Removes a segment whose rows are committed.
  ///
  /// A file that the system doesn't let go is counted and goes on taking its room; its rows will
  /// be found stored when it is read again.
  func remove(_ file: SegmentFile) {
    guard unlink(file.path) == 0 || errno == ENOENT else {
      counts.removalFailures += 1
      return forget(file)
    }
    drop(file)
  }

  private func drop(_ file: SegmentFile) {
    forget(file)
    budget.forget(file.name)
  }

  /// What the spool holds now.
  var usage: SpoolUsage {
    var usage = counts
    let failures = disk.failures
    usage.bytes = budget.bytes
    usage.bytesMax = options.bytesMax
    usage.rounds = times.count
    usage.oldestPerformedAt = times.values.min()
    usage.refusedFiles = refused.count
    usage.syncFailures = failures.count
    usage.lastSyncFailure = failures.last
    return usage
  }

  /// Forces what is due to the disk now; nothing with `fsync: never`.
  func sync() { disk.flush() }

  /// Counts what is there, and sorts out what is not ours.
  private func takeStock() throws(SpoolError) {
    let view = SpoolFolder(directory: options.directory)
    let listing = try view.list()
    // Their rounds were never reported as begun: nothing can have arrived in them.
    for name in listing.unfinished { unlink("\(options.directory)/\(name)") }
    for name in listing.damaged + listing.unnamed {
      budget.add(name, bytes: view.byteCount(of: name))
    }
    counts.damagedFiles = listing.damaged.count
    refused = listing.unnamed.map {
      SpoolError(.foreignFile, "it is not named like a segment", doing: "read \($0)")
    }
    for file in listing.segments {
      budget.add(file.name, bytes: view.byteCount(of: file.name))
      found.append(file)
      times[file.name] = file.performedAt
      if let reason = strangeness(of: file) { refuse(file, because: reason) }
    }
  }

  /// Why a file that is named like a segment is not ours; nil when it is, or when only reading the
  /// whole of it can tell.
  private func strangeness(of file: SegmentFile) -> SpoolError? {
    do throws(SpoolError) {
      let start = try OpenFile.open(file).start()
      guard let header = start.header, header.crunchHash != SegmentHeader.hash(of: crunchID) else {
        return nil
      }
      return foreign(file, crunchID: nil)
    } catch {
      return error.code == .foreignVersion ? error : nil
    }
  }

  private func foreign(_ file: SegmentFile, crunchID other: String?) -> SpoolError {
    let owner = other.map { "to \($0)" } ?? "to another competition"
    return SpoolError(
      .foreignCrunch, "it belongs \(owner), not to \(crunchID)", doing: "read \(file.name)")
  }

  private func refuse(_ file: SegmentFile, because reason: SpoolError) {
    refused.append(reason)
    forget(file)
  }

  private func forget(_ file: SegmentFile) {
    found.removeAll { $0 == file }
    times[file.name] = nil
  }

  /// Keeps a file for people to look at, out of the way of the rounds.
  private func setAside(_ file: SegmentFile, because error: SpoolError) -> SpoolError {
    let name = file.name + SegmentFile.damagedSuffix
    let path = "\(options.directory)/\(name)"
    guard access(path, F_OK) != 0, rename(file.path, path) == 0 else {
      forget(file)
      return SpoolError(
        .damaged, "\(error.message); it could not be renamed to \(name)", doing: error.doing)
    }
    let bytes = SpoolFolder(directory: options.directory).byteCount(of: name)
    counts.damagedFiles += 1
    forget(file)
    budget.forget(file.name)
    budget.add(name, bytes: bytes)
    disk.noteNames()
    return SpoolError(.damaged, "\(error.message); it is kept as \(name)", doing: error.doing)
  }

  // MARK: Rounds

  /// Begins a round: its segment is there, with the round's header, when this returns.
  ///
  /// - Throws: `SpoolError`: `full`, `diskFull`, `exists`, `io`. Nothing is left behind then.
  func begin(_ opening: RoundOpening) throws(SpoolError) -> SegmentWriter {
    let file = SegmentFile(
      directory: options.directory, performedAt: opening.performedAt, crunchID: crunchID,
      shard: shard)
    guard access(file.path, F_OK) != 0 else {
      throw SpoolError(.exists, "there is a round of that time", doing: "begin \(file.name)")
    }
    let header = SegmentHeader(
      performedAt: file.performedAt, marker: SegmentHeader.randomMarker(), crunchID: crunchID)
    var batch = SegmentBatch(marker: header.marker, firstNumber: 0, offset: 0)
    var json: [UInt8] = []
    SpooledOpening(opening: opening, crunchID: crunchID, shard: shard).json.append(to: &json)
    batch.add(raw: header.bytes)
    try batch.add(.opening, json: json)
    let reserve = RoundClosing.recordBytesMax(rosterCount: opening.entries.count)
    guard budget.take(batch.byteCount, for: file.name, reserving: reserve) else {
      throw SpoolError(
        .full, "its \(budget.bytes) bytes and a new round exceed bytes_max",
        doing: "begin \(file.name)")
    }
    do throws(SpoolError) {
      let open = try disk.create(file, with: batch)
      times[file.name] = file.performedAt
      return SegmentWriter(
        file, open: open, spool: self, marker: header.marker, rosterCount: opening.entries.count,
        after: batch)
    } catch {
      budget.forget(file.name)
      throw error
    }
  }
}
