import Competition
public import EventLoop

/// Gives models ports that nobody listens on, each to one model at a time.
public final class PortPool {
  private let range: ClosedRange<UInt16>
  private let loop: Loop
  private var taken: Set<UInt16> = []
  private var next: UInt16

  /// Creates a pool that begins at a random port of `range`, so that two pools seldom meet.
  public init(_ range: ClosedRange<UInt16>, on loop: Loop) {
    self.range = range
    self.loop = loop
    next = UInt16.random(in: range)
  }

  /// Ports given out and not given back.
  public var takenCount: Int { taken.count }

  /// A port that could be listened on just now; nil when the whole range is in use.
  ///
  /// Another program may take it before the model does: then the model fails to start and gets
  /// another one.
  public func take() -> UInt16? {
    for _ in range {
      let port = next
      next = port == range.upperBound ? range.lowerBound : port + 1
      guard !taken.contains(port), isFree(port) else { continue }
      taken.insert(port)
      return port
    }
    return nil
  }

  /// Takes a port back. It comes round again when all others have been tried.
  public func giveBack(_ port: UInt16) { taken.remove(port) }

  private func isFree(_ port: UInt16) -> Bool {
    guard let address = SocketAddress(host: "127.0.0.1", port: port) else { return false }
    do {
      try TCPListener(on: address, loop: loop) { $0.close() }.close()
      return true
    } catch {
      return false
    }
  }
}
