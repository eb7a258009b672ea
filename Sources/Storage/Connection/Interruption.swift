import Glibc
import Synchronization

/// A one-way switch that ends every wait of the connections that carry it; any thread may throw it.
///
/// It is a pipe: the byte written by `interrupt()` stays there, so that `poll` returns at once from
/// then on.
final class Interruption: Sendable {
  /// The end to poll for `POLLIN`.
  let descriptor: Int32
  private let writeEnd: Int32
  private let isSet = Atomic(false)

  init() throws(StorageError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw StorageError(
        .configuration, "pipe: \(String(cString: strerror(errno)))",
        doing: "start the storage thread", hint: "raise the limit of open files (ulimit -n)")
    }
    // A child process must not inherit the ends.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    descriptor = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    Glibc.close(descriptor)
    Glibc.close(writeEnd)
  }

  /// Ends all waits, now and later.
  func interrupt() {
    guard !isSet.exchange(true, ordering: .acquiringAndReleasing) else { return }
    var byte: UInt8 = 1
    // The pipe is empty and holds 64 KB, so that this single byte always fits.
    _ = Glibc.write(writeEnd, &byte, 1)
  }

  var isInterrupted: Bool { isSet.load(ordering: .acquiring) }
}
