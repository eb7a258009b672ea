import Competition
@testable import EventLoop
@testable import GRPC
@testable import HTTP2
@testable import ModelRunner

/// What a model sends: HTTP/2 bytes → a channel without its socket → replies → values.
///
/// The first byte cuts what follows the second into pieces; the second says how many calls are
/// made (its low two bits, and one), and whether one is cancelled (bit 2) or the channel closed
/// (bit 3) from within an answer.
final class ReplyBytes: FuzzTarget {
  static let name = "reply"
  static let replyBytesMax = 8 << 10
  private let loop: Loop
  private let timer: LoopTimer
  private let begin = MonotonicInstant.now()
  private let gather = GatherBuffer()
  private let head = HeaderBlock.grpcRequest(path: "/s/Call", timeout: .seconds(1))
  private let body = GRPCFrame.encode([0x0A, 0x04] + Array("tick".utf8))

  init() throws {
    let loop = try Loop()
    self.loop = loop
    timer = LoopTimer(on: loop) {}
  }

  func run(_ input: UnsafeRawBufferPointer) {
    guard let pieces = Pieces(input), let plan = pieces.rest.first else { return }
    let peer = CallOwner(plan: plan, head: head, body: body)
    guard let channel = try? GRPCChannel(detached: "peer:1", on: loop, handler: peer) else {
      return promise(false, "a channel can be made")
    }
    peer.channel = channel
    channel.isConnected = true
    flush(channel)
    pieces.each(of: UnsafeRawBufferPointer(rebasing: pieces.rest.dropFirst())) { piece in
      guard channel.state != .closed else { return }
      channel.receive(piece)
      flush(channel)
    }
    channel.transportEnded(nil)
    promise(channel.state == .closed, "a channel without transport is closed")
    promise(channel.callCount == 0, "no call is left in a closed channel")
    promise(peer.open.isEmpty || peer.hasClosed, "every call has ended: \(peer.open)")
    withExtendedLifetime(peer) { finishTurn() }
  }

  /// Does what the pump does with a socket that takes everything.
  private func flush(_ channel: GRPCChannel) {
    while channel.state != .closed {
      gather.clear()
      do {
        try channel.session.produce(into: gather)
      } catch {
        return channel.pumpDidFail(error)
      }
      if gather.isEmpty { break }
      channel.pumpWillWrite()
    }
    if channel.state != .closed, !channel.session.wantsWrite { channel.pumpDidFlush() }
  }

  /// Lets the loop forget the pumps that wait for the end of the turn.
  private func finishTurn() {
    // A deadline that is past doesn't wait for the loop's next millisecond.
    timer.arm(at: begin)
    loop.run()
  }
}

/// The owner of the channel and of its calls.
private final class CallOwner: GRPCChannelHandler, UnaryCallHandler {
  private let plan: UInt8
  private let head: HeaderBlock
  private let body: SharedBytes
  weak var channel: GRPCChannel?
  private(set) var open: Set<Int32> = []
  private(set) var hasClosed = false

  init(plan: UInt8, head: HeaderBlock, body: SharedBytes) {
    self.plan = plan
    self.head = head
    self.body = body
  }

  func channelDidOpen(_ channel: GRPCChannel) {
    let budget = ReplyBudget(replyBytesMax: ReplyBytes.replyBytesMax, totalBytesMax: 16 << 10)
    for _ in 0...Int(plan & 3) {
      if let id = channel.call(head: head, body: body, budget: budget, handler: self) {
        open.insert(id)
      }
    }
  }

  func channel(_ channel: GRPCChannel, didClose end: ChannelEnd) {
    promise(!hasClosed, "the owner isn't told of its own close")
    promise(open.isEmpty, "calls end before their channel: \(open)")
    promise(!end.reason.isEmpty, "an end has a reason")
  }

  func call(_ id: Int32, didEnd end: UnaryEnd) {
    promise(open.remove(id) != nil, "call \(id) ends once, if it wasn't cancelled")
    promise(!hasClosed, "nothing is told after the owner's close")
    promise((end.message != nil) == (end.status.code == .ok), "a message means OK")
    promise((end.message?.count ?? 0) <= ReplyBytes.replyBytesMax, "the limit of answers holds")
    let classified = ClassifiedEnd(end, hasAbandoned: false)
    _ = try? classified.value?.jsonText()
    if plan & 4 != 0, let other = open.min() {
      open.remove(other)
      channel?.cancel(other)
    }
    if plan & 8 != 0 {
      hasClosed = true
      channel?.close()
    }
  }
}
