import Competition
import EventLoop
import HTTPClient

/// Asks the registry once, for a check before the start.
final class RegistryProbe {
  private let inbox = Monitor(RegistryInbox())
  private var bell: LoopDoorbell?
  private var thread: WorkThread?
  private var done: ((Result<[UInt8], HTTPError>) -> Void)?

  /// Asks; `done` is called once on the loop, never during this call.
  ///
  /// - Throws: `EventLoopError` when the system has no descriptor or thread left.
  init(
    _ settings: RegistrySettings, crunches: [CrunchSettings], on loop: Loop,
    done: @escaping (Result<[UInt8], HTTPError>) -> Void
  ) throws(EventLoopError) {
    self.done = done
    let bell = try LoopDoorbell(on: loop) { [weak self] in self?.finish() }
    self.bell = bell
    let registry = RegistryThread(
      url: settings.address(of: crunches), settings: settings, inbox: inbox)
    let inbox = inbox
    do throws(ThreadError) {
      thread = try WorkThread {
        let result = registry.ask()
        inbox.change { $0.add(result) }
        bell.ring()
      }
    } catch {
      bell.close()
      self.bell = nil
      throw EventLoopError(code: -error.errorNumber, during: "start the registry's thread")
    }
  }

  deinit { assert(bell == nil, "a RegistryProbe was dropped before its answer") }

  private func finish() {
    guard let result = inbox.change({ $0.takeResults() }).first, let done else { return }
    self.done = nil
    // It has rung as the last thing that it does.
    thread?.join()
    bell?.close()
    bell = nil
    done(result)
  }
}
