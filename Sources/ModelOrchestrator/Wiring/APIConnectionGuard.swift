import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends connections that take too long: an upload, a reader of an answer, the rest of a body that
/// nobody wants.
final class APIConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How long a reader may leave what was sent unread.
  private static let stallTime = TimeAmount.seconds(60)
  /// How long a refused sender may go on, so that it gets to read why.
  private static let lingerTime = TimeAmount.seconds(1)

  private let uploadTime: TimeAmount
  private var upload: Scheduled<Void>?
  private var stall: Scheduled<Void>?
  /// Whether the answer that is being sent ends the connection, and whether it has no length, as a
  /// log has none that is followed.
  private var endsConnection = false
  private var isStream = false
  private var isRefused = false

  init(uploadTime: TimeAmount) { self.uploadTime = uploadTime }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // What comes after the refusal isn't even looked at.
    if isRefused { return }
    switch unwrapInboundIn(data) {
    case .head: upload = after(uploadTime, context)
    case .body: break
    case .end: upload?.cancel()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head):
      endsConnection = head.headerFields[.connection] == "close"
      isStream = head.headerFields[.contentLength] == nil
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      isStream = false
      isRefused = endsConnection
      context.write(data, promise: promise)
      if isRefused { _ = after(Self.lingerTime, context) }
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    stall?.cancel()
    stall = context.channel.isWritable ? nil : after(Self.stallTime, context)
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // Who follows a log says nothing more: the end of his side is the end.
    if isStream, case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    disarm()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { disarm() }

  private func after(_ time: TimeAmount, _ context: ChannelHandlerContext) -> Scheduled<Void> {
    let channel = context.channel
    return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  private func disarm() {
    upload?.cancel()
    stall?.cancel()
    (upload, stall) = (nil, nil)
  }
}
