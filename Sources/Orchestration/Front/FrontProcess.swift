import Competition
import EventLoop
import Glibc
import Resilience

/// The front of one model's process: it has a port from the beginning, a process as soon as the
/// model serves, and ends with the model.
///
/// It may become: reserved (a port) → opening (a process that doesn't listen yet) → open →
/// over (no process); `end` leads from any of them to the end.
final class FrontProcess {
  /// The port that coordinators are told.
  let port: UInt16
  private let settings: FrontSettings
  private let modelID: ModelID
  private let world: ModelWorld
  private var child: ChildProcess?
  private var attempt: TCPStream?
  private var timer: LoopTimer?
  private var deadline: MonotonicInstant?
  private var pause = Backoff(min: .milliseconds(10), max: .milliseconds(500))
  private var random = SystemRandomNumberGenerator()
  private var lastLine: String?
  private var opened: ((String?) -> Void)?
  private var ended: (() -> Void)?

  /// Takes a port.
  ///
  /// - Throws: `FileError` when none is free.
  init(_ settings: FrontSettings, of modelID: ModelID, in world: ModelWorld) throws(FileError) {
    guard let port = world.ports.take() else {
      let range = world.settings.ports
      throw FileError(
        "no port is free from \(range.lowerBound) to \(range.upperBound)", during: "start a front")
    }
    self.port = port
    self.settings = settings
    self.modelID = modelID
    self.world = world
  }

  /// Starts the process.
  ///
  /// - Parameters:
  ///   - modelPort: Where the model serves.
  ///   - line: Gets each line that the front writes.
  ///   - told: Gets nil when the front takes connections, and a reason when it doesn't in time or
  ///     is gone, later too; never during this call, nothing after `end`.
  func open(
    before modelPort: UInt16, line: @escaping (String) -> Void, told: @escaping (String?) -> Void
  ) {
    opened = told
    let words = settings.words(model: modelID, modelPort: modelPort, port: port)
    deadline = world.loop.now.advanced(by: world.settings.startTimeout)
    timer = LoopTimer(on: world.loop) { [weak self] in self?.look() }
    do {
      child = try ChildProcess.start(try plan(words), on: world.loop) { [weak self] text in
        self?.lastLine = text
        line(text)
      } exited: { exit in
        self.exited(exit)
      }
    } catch {
      // Told by the timer.
      lastLine = "\(error)"
    }
    timer?.arm(after: pause.next(using: &random))
  }

  /// The start as it is done: the process ends with the orchestrator, however that ends.
  private func plan(_ words: [String]) throws(FileError) -> ChildProcessOptions {
    let environment = ChildEnvironment.model(
      world.environment, virtualEnvironment: nil, home: nil)
    let program = try ProgramSearch.find(
      words[0], path: environment["PATH"] ?? "", from: settings.folder)
    var options = ChildProcessOptions(executable: program, arguments: Array(words.dropFirst()))
    options.workingDirectory = settings.folder
    options.environment = environment
    return ConfinedLaunch.tied(options, launcher: world.launcher, limits: world.settings.limits)
  }

  /// Asks the process to end.
  func terminate() {
    stopLooking()
    child?.send(SIGTERM)
  }

  /// Ends the process at once and gives the port back; a front keeps nothing that would be lost.
  ///
  /// - Parameter ended: Called once, when nothing is left, perhaps at once.
  func end(_ ended: @escaping () -> Void) {
    opened = nil
    stopLooking()
    self.ended = ended
    child?.send(SIGKILL)
    finish()
  }

  private func finish() {
    guard child == nil, let ended else { return }
    self.ended = nil
    world.ports.giveBack(port)
    ended()
  }

  private func look() {
    guard child != nil else { return fail("its front can't be started: \(lastLine ?? "")") }
    guard let deadline, world.loop.now < deadline else {
      return fail(
        "its front doesn't listen on port \(port) within \(world.settings.startTimeout.text)")
    }
    guard let address = SocketAddress(host: "127.0.0.1", port: port),
      let stream = try? TCPStream.connect(to: address, on: world.loop, handler: self)
    else { return lookLater() }
    attempt = stream
  }

  private func lookLater() { timer?.arm(after: pause.next(using: &random)) }

  private func stopLooking() {
    timer?.close()
    timer = nil
    attempt?.close()
    attempt = nil
  }

  private func fail(_ reason: String) {
    stopLooking()
    opened?(reason)
  }

  private func exited(_ exit: ChildExit) {
    // What it started itself goes with it.
    child?.killGroup()
    child = nil
    fail("its front \(exit)" + (lastLine.map { ": \($0)" } ?? ""))
    finish()
  }
}

extension FrontProcess: TCPStreamHandler {
  func streamDidConnect(_ stream: TCPStream) {
    stopLooking()
    opened?(nil)
  }

  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) {
    guard attempt === stream else { return }
    attempt = nil
    lookLater()
  }

  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {}
  func streamDidDrain(_ stream: TCPStream) {}
}
