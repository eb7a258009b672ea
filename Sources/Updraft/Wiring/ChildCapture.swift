import EventLoop
import Glibc

/// What a short-lived child process printed, and how it ended.
struct ChildCapture: Sendable {
  /// The lines of standard output and error, at most `lineCountMax`.
  let lines: [String]
  /// How it ended; by SIGKILL when its time was up.
  let exit: ChildExit

  private static let lineCountMax = 1_000

  /// Runs a program to its end, or kills it at the time limit.
  ///
  /// - Throws: `EventLoopError` when it can't be started.
  static func run(_ options: ChildProcessOptions, timeout: Duration) async throws -> ChildCapture {
    let thread = try LoopThread(name: "child")
    do {
      let capture: ChildCapture = try await withCheckedThrowingContinuation { ended in
        Task(executorPreference: thread.executor) {
          start(options, on: thread.loop, timeout: timeout) { ended.resume(with: $0) }
        }
      }
      await thread.stop()
      return capture
    } catch {
      await thread.stop()
      throw error
    }
  }

  private static func start(
    _ options: ChildProcessOptions, on loop: Loop, timeout: Duration,
    ended: @escaping (Result<ChildCapture, any Error>) -> Void
  ) {
    let run = Run()
    let timer = LoopTimer(on: loop) { run.child?.send(SIGKILL) }
    do {
      run.child = try ChildProcess.start(options, on: loop) { line in
        if run.lines.count < lineCountMax { run.lines.append(line) }
      } exited: { exit in
        timer.close()
        ended(.success(ChildCapture(lines: run.lines, exit: exit)))
        run.child = nil
      }
      timer.arm(after: timeout)
    } catch {
      timer.close()
      ended(.failure(error))
    }
  }

  private final class Run {
    var child: ChildProcess?
    var lines: [String] = []
  }
}
