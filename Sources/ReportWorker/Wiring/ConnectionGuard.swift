import NIOCore
import NIOHTTPTypes

/// Closes a connection whose request has too long a body, or whose reader takes too long for an
/// answer. (The server itself closes one that takes too long for the head of a request.)
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// The bytes of a request's body: nothing here wants one.
  private static let bodyBytesMax = 64 << 10
  /// How long the reader may take for one answer; the longest has some 20 MB.
  private static let answerTime = TimeAmount.seconds(60)

  private var bodyBytes = 0
  private var unsentCount = 0
  private var deadline: Scheduled<Void>?

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: bodyBytes = 0
    case .body(let buffer):
      bodyBytes += buffer.readableBytes
      guard bodyBytes <= Self.bodyBytesMax else { return context.close(promise: nil) }
    case .end: break
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head:
      unsentCount += 1
      if deadline == nil { arm(context) }
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      let sent = promise ?? context.eventLoop.makePromise()
      let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
      sent.futureResult.whenComplete { _ in bound.value.answerWasSent() }
      context.write(data, promise: sent)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    disarm()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { disarm() }

  private func answerWasSent() {
    unsentCount -= 1
    if unsentCount == 0 { disarm() }
  }

  private func arm(_ context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: Self.answerTime) { channel.close(promise: nil) }
  }

  private func disarm() {
    deadline?.cancel()
    deadline = nil
  }
}
