import Competition
import HTTPClient

/// What the loop and the registry's thread tell each other.
struct RegistryInbox: Sendable {
  /// The loop wants an answer.
  var isAsked = false
  /// The thread is to end.
  var isStopping = false
  /// It has ended.
  var hasEnded = false
  private var results: [Result<[UInt8], HTTPError>] = []

  mutating func add(_ result: Result<[UInt8], HTTPError>) { results.append(result) }

  mutating func takeResults() -> [Result<[UInt8], HTTPError>] {
    defer { results = [] }
    return results
  }
}

/// The thread that asks the registry, since libcurl blocks: one request for each wish.
struct RegistryThread: Sendable {
  let url: String
  let settings: RegistrySettings
  let inbox: Monitor<RegistryInbox>

  /// Asks until it is told to stop; `ring` is called after each answer and at the end.
  func run(_ ring: () -> Void) {
    while isWanted() {
      let result = ask()
      inbox.change { $0.add(result) }
      ring()
    }
    inbox.change { $0.hasEnded = true }
    ring()
  }

  /// One question, on the caller's thread.
  func ask() -> Result<[UInt8], HTTPError> {
    do throws(HTTPError) {
      var limits = HTTPLimits(timeout: settings.timeout)
      limits.bodyBytesMax = settings.answerBytesMax
      let answer = try HTTPFetcher().get(url, limits: limits) { inbox.withLock { $0.isStopping } }
      return .success(answer.body)
    } catch {
      return .failure(error)
    }
  }

  /// Waits for the next wish; false when it is time to end.
  private func isWanted() -> Bool {
    inbox.wait { inbox -> Monitor<RegistryInbox>.Turn<Bool> in
      if inbox.isStopping { return .ready(false) }
      guard inbox.isAsked else { return .wait(until: nil) }
      inbox.isAsked = false
      return .ready(true)
    }
  }
}
