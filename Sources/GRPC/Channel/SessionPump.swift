internal import Competition
public import EventLoop
public import HTTP2

/// Told by a pump, on the loop's thread.
public protocol SessionPumpHandler: AnyObject {
  /// Bytes are about to go to the kernel.
  func pumpWillWrite()
  /// All that the session had to say is with the kernel.
  func pumpDidFlush()
  /// The session is broken and can say nothing more.
  func pumpDidFail(_ error: HTTP2Error)
}

/// Moves what an HTTP/2 session has to say into its transport, once a turn.
public final class SessionPump: TurnEndTask {
  /// Told of writes; not owned: whoever goes first sets this to nil.
  public unowned var handler: (any SessionPumpHandler)?
  private let session: HTTP2Session
  private let loop: Loop
  private var transport: (any Transport)?
  private var isScheduled = false
  private var isFinishing = false

  /// A pump that writes nothing until it has a transport.
  public init(_ session: HTTP2Session, on loop: Loop) {
    self.session = session
    self.loop = loop
  }

  /// Gives the pump its open transport.
  public func attach(_ transport: any Transport) {
    self.transport = transport
    schedule()
  }

  /// Has the session's bytes written at the end of this turn.
  public func schedule() {
    guard !isScheduled else { return }
    isScheduled = true
    loop.atTurnEnd(self)
  }

  /// Writes what the session has to say at the end of this turn, then closes the transport; nobody
  /// is told of anything any more. Safe inside the session's own events, where it can't be written
  /// from.
  public func finish() {
    isFinishing = true
    handler = nil
    session.handler = nil
    transport?.handler = nil
    schedule()
  }

  /// Writes what the turn has collected.
  public func turnDidEnd() {
    isScheduled = false
    flush()
    if isFinishing { transport?.close() }
  }

  /// Writes until the session has nothing more to say or the kernel takes no more.
  private func flush() {
    guard let transport else { return }
    let gather = loop.gather
    while !transport.isClosed, !transport.isWriteQueued {
      gather.clear()
      gather.byteCountMax = transport.writeBytesMax
      do {
        try session.produce(into: gather)
      } catch {
        handler?.pumpDidFail(error)
        return
      }
      if gather.isEmpty { break }
      handler?.pumpWillWrite()
      if transport.write(gather) != .written { return }
    }
    if !session.wantsWrite { handler?.pumpDidFlush() }
  }
}
