public import HTTP2

extension GRPCChannel: SessionPumpHandler {
  /// The execution time of a call begins with its first byte.
  public func pumpWillWrite() { stampUnsent() }

  /// Nothing is left to say: after a goodbye, the peer's or ours, that is the end.
  public func pumpDidFlush() {
    if let farewell, calls.isEmpty {
      finish(farewell)
    } else if session.isOver {
      finish(protocolError)
    }
  }

  /// The session can't go on.
  public func pumpDidFail(_ error: HTTP2Error) {
    finish(ChannelEnd(kind: .broken, reason: "\(target): \(error)"))
  }
}

extension GRPCChannel: TransportHandler {
  /// Sends the preface and waits for the server's SETTINGS.
  public func transportDidOpen(_ transport: any Transport) {
    isConnected = true
    pump.attach(transport)
  }

  /// Feeds the session, then sends what it has to say.
  public func transport(_ transport: any Transport, didRead bytes: UnsafeRawBufferPointer) {
    receive(bytes)
  }

  func receive(_ bytes: UnsafeRawBufferPointer) {
    if state == .connecting, let end = recogniseStranger(bytes) { return finish(end) }
    do {
      try session.receive(bytes)
    } catch {
      finish(ChannelEnd(kind: .broken, reason: "\(target): \(error)"))
      return
    }
    if state != .closed, session.isOver {
      finish(farewell ?? protocolError)
    } else if session.wantsWrite {
      pump.schedule()
    }
  }

  /// Goes on with what the kernel didn't take before.
  public func transportDidDrain(_ transport: any Transport) { pump.schedule() }

  /// The connection is gone.
  public func transport(_ transport: any Transport, didEnd failure: TransportFailure?) {
    transportEnded(failure)
  }

  func transportEnded(_ failure: TransportFailure?) {
    if let farewell { return finish(farewell) }
    if let refusal = silentRefusal(failure) { return finish(refusal) }
    if let failure {
      return finish(ChannelEnd(failure, of: target, whileConnecting: !isConnected))
    }
    finish(ChannelEnd(kind: .closedByPeer, reason: "\(target) closed the connection"))
  }

  /// With TLS 1.3 a client is through with the handshake before its certificate has been judged;
  /// gRPC's own servers then close the connection and don't say why.
  private func silentRefusal(_ failure: TransportFailure?) -> ChannelEnd? {
    guard state == .connecting, isConnected, let security else { return nil }
    if case .tls(let error) = failure, error.code != .truncated { return nil }
    let own = security.context.certificate.map { "\($0)" } ?? "none"
    return ChannelEnd(
      kind: .notSecure,
      reason:
        "\(target): TLS: the server ended the connection right after the handshake, as servers "
        + "do that refuse a client's certificate (ours: \(own))",
      tlsCode: .refusedByPeer)
  }

  /// What the peer sent made the session say goodbye by itself.
  fileprivate var protocolError: ChannelEnd {
    ChannelEnd(kind: .broken, reason: "\(target) broke the HTTP/2 protocol")
  }

  /// A server's first frame is SETTINGS, type 4 in the frame's fourth byte. Anything else isn't
  /// HTTP/2; its first bytes say what it is.
  private func recogniseStranger(_ bytes: UnsafeRawBufferPointer) -> ChannelEnd? {
    opening.append(contentsOf: bytes.prefix(32 - min(32, opening.count)))
    guard opening.count >= 4, opening[3] != 4 else { return nil }
    let text = String(decoding: opening.map { (32...126).contains($0) ? $0 : 46 }, as: UTF8.self)
    return ChannelEnd(kind: .notHTTP2, reason: "\(target) is not a gRPC server (got \"\(text)\")")
  }
}

extension GRPCChannel: HTTP2Handler {
  /// A field of an answer's head or trailers.
  public func stream(
    _ id: Int32, didReceiveHeader name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
  ) {
    guard let place = calls.place(of: id) else { return }
    if let refusal = calls[place: place].reply.header(name, value) { refuse(id, refusal) }
  }

  /// What follows the head is no initial metadata.
  public func streamDidReceiveHead(_ id: Int32, isTrailer: Bool) {
    guard !metadataNames.isEmpty, let place = calls.place(of: id) else { return }
    calls[place: place].reply.headDidEnd()
  }

  /// A piece of an answer.
  public func stream(_ id: Int32, didReceiveData bytes: UnsafeRawBufferPointer) {
    guard let place = calls.place(of: id) else { return }
    if let refusal = calls[place: place].reply.data(bytes) { refuse(id, refusal) }
  }

  /// The answer is whole. A server may answer before it has read the request: the rest isn't sent.
  public func streamDidEndRemotely(_ id: Int32) {
    endCall(id, resetBy: nil)
    if session.isSending(id) {
      session.resetStream(id, errorCode: HTTP2ErrorCode.none)
      pump.schedule()
    }
  }

  /// The stream is over, in order or not.
  public func stream(_ id: Int32, didCloseWith errorCode: UInt32) {
    endCall(id, resetBy: errorCode)
  }

  /// No new calls; the channel closes when those that the server still answers have ended.
  public func sessionDidReceiveGoAway(lastStreamID: Int32, errorCode: UInt32, reason: String) {
    guard state == .open || state == .connecting else { return }
    let why = reason.isEmpty ? HTTP2ErrorCode.name(errorCode) : reason
    farewell = ChannelEnd(kind: .closedByPeer, reason: "\(target) said goodbye (GOAWAY: \(why))")
    state = .draining
    if calls.isEmpty { pump.schedule() }
  }

  /// The first SETTINGS open the channel.
  public func sessionDidReceiveSettings() {
    guard state == .connecting else { return }
    state = .open
    opening = []
    handler?.channelDidOpen(self)
  }

  /// Nothing to do: any byte from the peer is a sign of life.
  public func sessionDidReceivePingAnswer() {}
}
