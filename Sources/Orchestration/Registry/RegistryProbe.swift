import Competition
import EventLoop
import HTTPClient

/// Asks the registry once, for a check before the start.
final class RegistryProbe {
  private let inbox = Monitor(RegistryInbox())
  private var bell: LoopDoorbell?
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
    let thread = RegistryThread(
      url: settings.address(of: crunches), settings: settings, inbox: inbox)
    let inbox = inbox
    let code = WorkThread.start {
      let result = thread.ask()
      inbox.change { $0.add(result) }
      bell.ring()
    }
    if let code {
      bell.close()
      self.bell = nil
      throw EventLoopError(code: -code, during: "start the registry's thread")
    }
  }

  deinit { assert(bell == nil, "a RegistryProbe was dropped before its answer") }

  private func finish() {
    guard let result = inbox.change({ $0.takeResults() }).first, let done else { return }
    self.done = nil
    bell?.close()
    bell = nil
    done(result)
  }
}
