import Competition
import EventLoop
import Glibc
import Logging
import Testing

/// Runs `body` with a loop and its thread, and checks afterwards that no handle was left open.
func withLoop(_ body: (LoopThread) async throws -> Void) async throws {
  let thread = try LoopThread(name: "test")
  do {
    try await body(thread)
  } catch {
    await thread.stop()
    throw error
  }
  #expect(await thread.stop() == 0, "handles were left open")
}

/// An object of a loop that tests reach from outside.
actor OnLoop<Subject> {
  nonisolated let thread: LoopThread
  private var subject: Subject

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.executor.asUnownedSerialExecutor()
  }

  init(_ thread: LoopThread, _ make: @escaping @Sendable (Loop) throws -> Subject) async throws {
    self.thread = thread
    let box = try await thread.run { Moved(try make($0)) }
    subject = box.subject
  }

  func use<Value: Sendable>(_ body: @Sendable (Subject) throws -> Value) rethrows -> Value {
    try body(subject)
  }

  /// Waits for a callback of the subject.
  func wait<Value: Sendable>(
    _ body: @Sendable (Subject, @escaping (Value) -> Void) -> Void
  ) async -> Value {
    await withCheckedContinuation { done in body(subject) { done.resume(returning: $0) } }
  }

  /// Looks every few milliseconds until `condition` gives a value; nil when it doesn't in time.
  func eventually<Value: Sendable>(
    within time: Duration = .seconds(20), _ condition: @Sendable (Subject) -> Value?
  ) async -> Value? {
    let deadline = MonotonicInstant.now().advanced(by: time)
    while MonotonicInstant.now() < deadline {
      if let value = condition(subject) { return value }
      await pause()
    }
    return condition(subject)
  }

  private func pause() async {
    let loop = thread.loop
    await withCheckedContinuation { done in
      let timer = Shelf<LoopTimer>()
      timer.item = LoopTimer(on: loop) {
        timer.item?.close()
        timer.item = nil
        done.resume()
      }
      timer.item?.arm(after: .milliseconds(10))
    }
  }
}

/// Carries what was made on a loop's thread to the actor that lives there.
private struct Moved<Subject>: @unchecked Sendable {
  let subject: Subject

  init(_ subject: Subject) { self.subject = subject }
}

/// Holds what a callback must reach before it exists.
final class Shelf<Item> { var item: Item? }

/// A logger that says nothing.
let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
