import Competition
import EventLoop
import Glibc

/// Tells when one file has become another: edited, replaced or gone.
///
/// Events of its folder make it look at once; without them (network file systems, a folder that was
/// replaced) it looks every so often. A change counts when the file has then stayed the same for a
/// moment, so that a half-written one isn't read.
final class FileWatch {
  /// How long a changed file must stay the same.
  private static let settle: Duration = .milliseconds(150)
  /// From an event to the look, so that a burst of events is one look.
  private static let pause: Duration = .milliseconds(20)

  private let path: String
  private let interval: Duration
  private let changed: () -> Void
  private var known: FileStamp?
  /// What is there since the last look, nothing included; nil while nothing differs.
  private var candidate: FileStamp??
  private var timer: LoopTimer?
  private var events: FolderEvents?

  /// Begins to look; what is there now is taken as known.
  init(_ path: String, every interval: Duration, on loop: Loop, changed: @escaping () -> Void) {
    self.path = path
    self.interval = interval
    self.changed = changed
    known = FileStamp(path)
    timer = LoopTimer(on: loop) { [weak self] in self?.look() }
    timer?.arm(after: interval)
    // Without events the interval remains.
    events = try? FolderEvents(Folder.parent(of: path), on: loop) { [weak self] _ in
      self?.hear()
    }
  }

  /// Stops looking. Safe to call again.
  func close() {
    timer?.close()
    timer = nil
    events?.close()
    events = nil
  }

  private func hear() {
    // While a change settles, its own timer goes on.
    guard candidate == nil, FileStamp(path) != known else { return }
    timer?.arm(after: min(Self.pause, interval))
  }

  private func look() {
    let stamp = FileStamp(path)
    if stamp == known {
      candidate = nil
      timer?.arm(after: interval)
    } else if candidate != .some(stamp) {
      candidate = .some(stamp)
      timer?.arm(after: min(Self.settle, interval))
    } else {
      known = stamp
      candidate = nil
      timer?.arm(after: interval)
      changed()
    }
  }
}
