internal import Competition
public import EventLoop
public import HTTP2

/// One question to `grpc.health.v1.Health/Check` (service "") on a connection of its own, which
/// never stands in the way of a call.
///
/// It closes itself after its answer, or at its deadline.
public final class HealthProbe {
  /// What a server says of its own health.
  public enum Answer: Hashable, Sendable {
    /// It serves.
    case serving
    /// It says that it doesn't serve, or doesn't know the service.
    case notServing(String)
    /// No answer by the deadline, or no connection.
    case noAnswer(String)
  }

  private static let path = "/grpc.health.v1.Health/Check"
  private static let plainHead = HeaderBlock.grpcRequest(path: path, timeout: nil)
  private static let secureHead = HeaderBlock.grpcRequest(
    path: path, timeout: nil, isSecure: true)
  private static let question = GRPCFrame.encode([])
  private static let replyBytesMax = 1 << 10

  private var channel: GRPCChannel?
  private var timer: LoopTimer?
  private var answered: ((Answer) -> Void)?
  private let head: HeaderBlock
  private let metadata: HeaderBlock?

  /// Asks `host:port`; `answered` is called once on the loop's thread, never during this call.
  ///
  /// - Parameters:
  ///   - host: A numeric address, or a name that is looked up first.
  ///   - port: The server's TCP port.
  ///   - authority: The `:authority` of the question; `host:port` when nil.
  ///   - security: TLS, as the calls' own connection has it; nil is plain TCP.
  ///   - metadata: Fields of this server's own, as its calls have them.
  ///   - timeout: How long all of it may take.
  ///   - loop: The loop that the connection lives on.
  ///   - answered: Gets the answer.
  public init(
    host: String, port: UInt16, authority: String? = nil, security: ChannelSecurity? = nil,
    metadata: HeaderBlock? = nil, timeout: Duration, on loop: Loop,
    answered: @escaping (Answer) -> Void
  ) {
    self.answered = answered
    self.metadata = metadata
    head = security == nil ? Self.plainHead : Self.secureHead
    timer = LoopTimer(on: loop) { [weak self] in
      self?.end(.noAnswer("no answer within \(timeout.text)"))
    }
    do {
      channel = try GRPCChannel(
        host: host, port: port, authority: authority, security: security, on: loop, handler: self)
      timer?.arm(after: timeout)
    } catch {
      refusal = error.reason
      timer?.arm(after: .zero)
    }
  }

  private var refusal: String?

  /// Gives the question up; `answered` isn't called any more.
  public func cancel() {
    answered = nil
    close()
  }

  private func close() {
    timer?.close()
    timer = nil
    channel?.close()
    channel = nil
  }

  private func end(_ answer: Answer) {
    let answered = answered
    self.answered = nil
    close()
    answered?(refusal.map { .noAnswer($0) } ?? answer)
  }
}

extension HealthProbe: GRPCChannelHandler {
  /// Asks.
  public func channelDidOpen(_ channel: GRPCChannel) {
    let id = channel.call(
      head: head, metadata: metadata, body: Self.question,
      budget: ReplyBudget(replyBytesMax: Self.replyBytesMax, totalBytesMax: Self.replyBytesMax),
      handler: self)
    if id == nil { end(.noAnswer("the server takes no calls")) }
  }

  /// There will be no answer.
  public func channel(_ channel: GRPCChannel, didClose end: ChannelEnd) {
    self.end(.noAnswer(end.reason))
  }
}

extension HealthProbe: UnaryCallHandler {
  /// Reads the answer: field 1 is the serving status, 1 means SERVING.
  public func call(_ id: Int32, didEnd end: UnaryEnd) {
    guard let message = end.message else {
      return self.end(
        end.origin == .server
          ? .notServing("\(end.status)") : .noAnswer("\(end.status)"))
    }
    let status = message.withUnsafeBytes { bytes -> UInt64? in
      var reader = ProtobufReader(bytes)
      var status: UInt64 = 0
      do {
        while let field = try reader.next() {
          if case .varint(1, let value) = field { status = value }
        }
        return status
      } catch {
        return nil
      }
    }
    switch status {
    case 1: self.end(.serving)
    case .some(let value): self.end(.notServing("serving status \(value)"))
    case nil: self.end(.notServing("malformed health answer"))
    }
  }
}
