internal import CLibUV
public import Competition
import Glibc

/// One libuv loop: the single thread's world of timers, sockets, processes and deferred work.
///
/// Not `Sendable`: everything here is used on the loop's own thread (`LoopThread` gives it out
/// there). Work collected during a turn is done once, at its end, just before the loop waits again.
public final class Loop {
  let raw: UnsafeMutablePointer<uv_loop_t>
  /// The gather area that engines of this loop fill before a write.
  public let gather = GatherBuffer()
  let readBuffer: UnsafeMutableRawBufferPointer
  private let turnEnd: UnsafeMutablePointer<uv_prepare_t>
  private var deferred: [any TurnEndTask] = []
  private var spare: [any TurnEndTask] = []
  /// Handles that are open, the loop's own two excluded; zero when everything was stopped.
  public internal(set) var openHandleCount = 0
  /// Runs the executor's waiting jobs; set by the thread that owns the loop.
  var runJobs: () -> Bool = { false }

  init() throws(EventLoopError) {
    raw = .allocate(capacity: 1)
    turnEnd = .allocate(capacity: 1)
    readBuffer = .allocate(byteCount: Limits.readBufferBytes, alignment: 64)
    do {
      try check(uv_loop_init(raw), "create an event loop")
    } catch {
      raw.deallocate()
      turnEnd.deallocate()
      readBuffer.deallocate()
      throw error
    }
    uv_prepare_init(raw, turnEnd)
    turnEnd.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    uv_prepare_start(turnEnd, loopDidReachTurnEnd)
    turnEnd.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_unref($0) }
  }

  deinit {
    raw.deallocate()
    turnEnd.deallocate()
    readBuffer.deallocate()
  }

  /// The loop's idea of now, refreshed once a turn.
  public var now: MonotonicInstant { .now() }

  /// Has `task` called once at the end of this turn, after all callbacks, before the loop waits.
  ///
  /// The task must not be added again before it ran; its own flag sees to that.
  public func atTurnEnd(_ task: any TurnEndTask) { deferred.append(task) }

  /// Runs jobs and deferred work until neither is left.
  fileprivate func finishTurn() {
    while true {
      let ranJobs = runJobs()
      if deferred.isEmpty {
        if !ranJobs { return }
        continue
      }
      swap(&deferred, &spare)
      for task in spare { task.turnDidEnd() }
      spare.removeAll(keepingCapacity: true)
    }
  }

  /// Runs until nothing is active or `stop` was called.
  func run() { uv_run(raw, UV_RUN_DEFAULT) }

  func stop() { uv_stop(raw) }

  /// Closes every handle that is still open and the loop itself. Returns how many had been left.
  func close() -> Int {
    let left = openHandleCount
    uv_prepare_stop(turnEnd)
    turnEnd.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, nil) }
    uv_walk(raw, { handle, _ in if uv_is_closing(handle) == 0 { uv_close(handle, nil) } }, nil)
    uv_run(raw, UV_RUN_DEFAULT)
    uv_loop_close(raw)
    return left
  }
}

/// Work that is collected during a turn and done once at its end.
public protocol TurnEndTask: AnyObject {
  /// Called on the loop's thread, once for each `atTurnEnd`.
  func turnDidEnd()
}

private func loopDidReachTurnEnd(_ handle: UnsafeMutablePointer<uv_prepare_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<Loop>.fromOpaque(context).takeUnretainedValue().finishTurn()
}
