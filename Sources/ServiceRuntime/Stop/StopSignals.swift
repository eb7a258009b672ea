import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT as something to await; their default action, dying at once, is turned off.
///
/// The sources are cancelled when the last reference goes.
public final class StopSignals: Sendable {
  /// Whether one has come.
  public var haveArrived: Bool { arrived.isSet.load(ordering: .relaxed) }

  private final class Flag: Sendable { let isSet = Atomic<Bool>(false) }

  private let arrived = Flag()
  private let stream: AsyncStream<Void>
  // Dispatch's sources may be cancelled from any thread; they are only not marked so.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  /// Catches both signals from now on.
  public init() {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.stream = stream
    sources = [SIGTERM, SIGINT].map { [arrived] number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        arrived.isSet.store(true, ordering: .relaxed)
        continuation.yield()
      }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }

  /// Returns after the first signal, also one that came before; or when the task is cancelled.
  public func wait() async {
    for await _ in stream { return }
  }
}
