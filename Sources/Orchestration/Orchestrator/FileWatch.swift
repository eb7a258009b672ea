import Competition
import EventLoop
import Glibc

/// Looks at one file every so often and tells when it has become another: edited, replaced or gone.
///
/// A change counts when the file has then stayed the same for a moment, so that a half-written one
/// isn't read.
final class FileWatch {
  /// What tells one version of a file from another.
  struct Stamp: Hashable {
    private let inode: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil when there is no such file.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      seconds = Int(status.st_mtim.tv_sec)
      nanoseconds = Int(status.st_mtim.tv_nsec)
    }
  }

  private static let settle: Duration = .milliseconds(200)

  private let path: String
  private let interval: Duration
  private let changed: () -> Void
  private var known: Stamp?
  private var candidate: Stamp?
  private var timer: LoopTimer?

  /// Begins to look; what is there now is taken as known.
  init(_ path: String, every interval: Duration, on loop: Loop, changed: @escaping () -> Void) {
    self.path = path
    self.interval = interval
    self.changed = changed
    known = Stamp(path)
    timer = LoopTimer(on: loop) { [weak self] in self?.look() }
    timer?.arm(after: interval)
  }

  /// Stops looking. Safe to call again.
  func close() {
    timer?.close()
    timer = nil
  }

  private func look() {
    let stamp = Stamp(path)
    if stamp == known {
      candidate = nil
      timer?.arm(after: interval)
    } else if let stamp, stamp != candidate {
      candidate = stamp
      timer?.arm(after: min(Self.settle, interval))
    } else {
      known = stamp
      candidate = nil
      timer?.arm(after: interval)
      changed()
    }
  }
}
