import Competition
import EventLoop

/// Tells when the code in a submission's folder has become another and has then been left alone for
/// a moment.
///
/// Events of the folders make it look at once. It also looks every so often: seldom while all
/// folders are watched, else as often as `models.yml` is looked at. Ended by `close`.
final class CodeWatch {
  /// How long changed code must be left alone.
  private static let settle: Duration = .milliseconds(120)
  /// From an event to the look, so that a burst of events is one look.
  private static let pause: Duration = .milliseconds(20)
  /// Between two looks without an event while all folders are watched.
  private static let safetyInterval: Duration = .seconds(60)
  /// Between two looks for a folder that isn't there, which can't be watched.
  private static let missingInterval: Duration = .seconds(2)

  private let folder: String
  private let rule: CodeRule
  private let interval: Duration
  private let loop: Loop
  private let changed: ([String]) -> Void
  /// What was told last.
  private var known: CodeScan
  /// What the last look saw, while it differs from `known`.
  private var candidate: CodeScan?
  private var events: [String: FolderEvents] = [:]
  private var isWatchingAll = true
  private var timer: LoopTimer?

  /// Begins to watch; what is there now is taken as known.
  ///
  /// - Parameters:
  ///   - folder: The submission's folder.
  ///   - rule: Which files count.
  ///   - interval: How often to look where events don't come.
  ///   - loop: The loop.
  ///   - changed: Called with the changed files' paths, relative to the folder, sorted.
  init(
    _ folder: String, _ rule: CodeRule, every interval: Duration, on loop: Loop,
    changed: @escaping ([String]) -> Void
  ) {
    self.folder = folder
    self.rule = rule
    self.interval = interval
    self.loop = loop
    self.changed = changed
    known = CodeScan(folder, rule)
    timer = LoopTimer(on: loop) { [weak self] in self?.look() }
    _ = watch(known.folders)
    // What was written before the events began is found by another look.
    timer?.arm(after: Self.pause)
  }

  /// Whether a limit keeps parts of the folder from being watched.
  var isCut: Bool { known.isCut }

  /// Folders with a system's watch.
  var watchCount: Int { events.count }

  /// Stops watching. Safe to call again.
  func close() {
    timer?.close()
    timer = nil
    for event in events.values { event.close() }
    events = [:]
  }

  /// Watches these folders and no others; true when one is new.
  private func watch(_ folders: [String]) -> Bool {
    var hasNew = false
    let wanted = Set(folders)
    for (path, event) in events where !wanted.contains(path) {
      event.close()
      events[path] = nil
    }
    isWatchingAll = true
    for path in folders where events[path] == nil {
      do {
        events[path] = try FolderEvents(path, on: loop) { [weak self] name in
          self?.hear(name, in: path)
        }
        hasNew = true
      } catch {
        isWatchingAll = false
      }
    }
    return hasNew
  }

  private func hear(_ name: String?, in path: String) {
    guard candidate == nil, name.map({ couldMatter($0, in: path) }) ?? true else { return }
    timer?.arm(after: Self.pause)
  }

  /// Whether an entry may be code or a folder. One that is gone is judged by its name, and may have
  /// been a program or a folder.
  private func couldMatter(_ name: String, in path: String) -> Bool {
    guard let stamp = FileStamp("\(path)/\(name)") else {
      return rule.counts(name, isExecutable: true)
    }
    if stamp.kind == .folder { return rule.enters(name) }
    return rule.counts(name, isExecutable: stamp.isExecutable)
  }

  private func rest() {
    if isWatchingAll {
      timer?.arm(after: max(interval, Self.safetyInterval))
    } else {
      let isMissing = !Folder.isFolder(folder)
      timer?.arm(after: isMissing ? min(interval, Self.missingInterval) : interval)
    }
  }

  private func look() {
    let scan = CodeScan(folder, rule, after: candidate ?? known)
    let mustLookAgain = watch(scan.folders)
    if let candidate, !scan.isUntouched(since: candidate) { return settle(scan) }
    let changes = scan.changes(since: known)
    if changes.isEmpty {
      known = scan
      candidate = nil
      if mustLookAgain { timer?.arm(after: Self.pause) } else { rest() }
      return
    }
    guard candidate != nil else { return settle(scan) }
    known = scan
    candidate = nil
    rest()
    changed(changes)
  }

  private func settle(_ scan: CodeScan) {
    candidate = scan
    timer?.arm(after: Self.settle)
  }
}
