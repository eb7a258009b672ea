import Competition
import Glibc

/// Forces segments to the disk every so often, on a thread of its own: `fdatasync` of a large file
/// can hold up writes for as long as it takes, so it never runs where answers are appended.
///
/// What could not be forced stays due and is counted. Life: `stop()` must be called.
final class SpoolSync {
  /// What has failed so far.
  struct Failures: Hashable {
    var count = 0
    var last: String?
  }

  private struct State {
    var files: [ObjectIdentifier: OpenFile] = [:]
    var isFolderDue = false
    var dueAt = MonotonicInstant(nanoseconds: 0)
    var isStopping = false
    var failures = Failures()

    var isDue: Bool { isFolderDue || !files.isEmpty }

    mutating func takeDue() -> Due {
      defer {
        files = [:]
        isFolderDue = false
      }
      return Due(files: Array(files.values), folder: isFolderDue)
    }
  }

  private struct Due {
    let files: [OpenFile]
    let folder: Bool
  }

  private let shared: Monitor<State>
  private let sweep: Sweep
  private let thread: WorkThread

  /// Starts the thread.
  ///
  /// - Throws: `SpoolError` when the system gives no thread.
  init(
    interval: Duration, folder: OpenFile, system: SpoolSystem
  ) throws(SpoolError) {
    let shared = Monitor(State())
    let sweep = Sweep(shared: shared, folder: folder, system: system)
    self.shared = shared
    self.sweep = sweep
    do throws(ThreadError) {
      thread = try WorkThread { sweep.run(every: interval) }
    } catch {
      throw SpoolError(
        .io, error.message, doing: "start the spool's thread", hint: error.hint,
        errorNumber: error.errorNumber)
    }
  }

  /// Something was appended to `file`.
  func note(_ file: OpenFile) {
    change { $0.files[ObjectIdentifier(file)] = file }
  }

  /// A name in the folder has changed: that of `file`, whose bytes are due too, if one is given.
  func noteFolder(_ file: OpenFile? = nil) {
    change { state in
      state.isFolderDue = true
      if let file { state.files[ObjectIdentifier(file)] = file }
    }
  }

  /// Wakes the thread only when nothing was due: it waits for its time otherwise.
  private func change(_ body: (inout State) -> Void) {
    let wasDue = shared.withLock { state in
      defer { body(&state) }
      return state.isDue
    }
    if !wasDue { shared.change { _ in } }
  }

  /// Forces everything that is due to the disk now, on the caller's thread.
  func flush() { sweep.force(shared.withLock { $0.takeDue() }) }

  /// What has failed so far.
  var failures: Failures { shared.withLock { $0.failures } }

  /// Forces what is due to the disk and ends the thread; returns when it has ended.
  func stop() {
    shared.change { $0.isStopping = true }
    thread.join()
  }

  /// The thread's work.
  private struct Sweep: Sendable {
    let shared: Monitor<State>
    let folder: OpenFile
    let system: SpoolSystem

    func run(every interval: Duration) {
      var isStopping = false
      while !isStopping {
        let due: Due
        (due, isStopping) = shared.wait { state in
          if state.isStopping { return .ready((state.takeDue(), true)) }
          guard state.isDue else { return .wait(until: nil) }
          let now = MonotonicInstant.now()
          guard state.dueAt <= now else { return .wait(until: state.dueAt) }
          state.dueAt = now.advanced(by: interval)
          return .ready((state.takeDue(), false))
        }
        force(due)
      }
    }

    func force(_ due: Due) {
      // A file that has been removed is nobody's loss.
      for file in due.files where file.isLinked {
        let result = system.syncFile(file.descriptor)
        guard result < 0 else { continue }
        note(-result, "force \(file.name) to the disk") {
          $0.files[ObjectIdentifier(file)] = file
        }
      }
      guard due.folder else { return }
      let result = system.syncFolder(folder.descriptor)
      if result < 0 {
        note(-result, "force the spool's folder to the disk") { $0.isFolderDue = true }
      }
    }

    private func note(_ code: Int, _ doing: String, _ keepDue: (inout State) -> Void) {
      shared.withLock { state in
        state.failures.count += 1
        state.failures.last = SpoolError(errorNumber: Int32(code), doing: doing).description
        keepDue(&state)
      }
    }
  }
}
