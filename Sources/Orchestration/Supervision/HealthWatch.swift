import Competition
public import EventLoop
import GRPC
import Resilience

/// Asks a starting model's health service again and again until it serves.
///
/// It may become: asking ⇄ pausing → ended (served, given up, or cancelled).
public final class HealthWatch {
  private let port: UInt16
  private let loop: Loop
  private let timeout: Duration
  private let deadline: MonotonicInstant
  /// At most a quarter of a second: what a model waits for after it serves is time that it is away.
  private var pause = Backoff(min: .milliseconds(50), max: .milliseconds(250))
  private var random = SystemRandomNumberGenerator()
  private var probe: HealthProbe?
  private var timer: LoopTimer?
  private var ended: ((String?) -> Void)?
  private var lastAnswer = "no answer"

  /// Begins to ask `127.0.0.1:port`.
  ///
  /// - Parameters:
  ///   - port: The model's port.
  ///   - timeout: How long to ask before giving up.
  ///   - loop: The loop to ask on.
  ///   - ended: Called once, never during this call: nil when it serves, else the last answer.
  public init(
    port: UInt16, timeout: Duration, on loop: Loop, ended: @escaping (String?) -> Void
  ) {
    self.port = port
    self.loop = loop
    self.timeout = timeout
    self.ended = ended
    deadline = loop.now.advanced(by: timeout)
    timer = LoopTimer(on: loop) { [weak self] in self?.ask() }
    timer?.arm(after: .milliseconds(20))
  }

  /// Gives up without a word. Safe to call again.
  public func cancel() {
    ended = nil
    close()
  }

  private func ask() {
    let left = deadline.since(loop.now)
    guard left > .zero else {
      return end("not healthy within \(timeout.text): \(lastAnswer)")
    }
    probe = HealthProbe(
      host: "127.0.0.1", port: port, timeout: min(left, .seconds(2)), on: loop
    ) { [weak self] answer in self?.take(answer) }
  }

  private func take(_ answer: HealthProbe.Answer) {
    probe = nil
    switch answer {
    case .serving: return end(nil)
    case .notServing(let text): lastAnswer = text
    case .noAnswer(let text): lastAnswer = text
    }
    timer?.arm(after: pause.next(using: &random))
  }

  private func end(_ failure: String?) {
    let ended = ended
    self.ended = nil
    close()
    ended?(failure)
  }

  private func close() {
    timer?.close()
    timer = nil
    probe?.cancel()
    probe = nil
  }
}
