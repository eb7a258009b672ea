import Competition
import EventLoop
import GRPC

/// One direction of a front's connection: what has been read on one side and not yet been written
/// on the other.
///
/// It holds one read at most, and then has the reading side wait: the peer is held back by TCP's
/// window, and HTTP/2's own windows go from end to end.
final class FrontLane: TurnEndTask {
  /// What waits at most before reading stops, bytes; one more read may come on top of it.
  static let waitingBytesMax = Limits.readBufferBytes

  private let loop: Loop
  private weak var source: (any Transport)?
  private var target: (any Transport)?
  private var waiting: [UInt8] = []
  private var block: SharedBytes?
  private var blockUsed = 0
  private var isScheduled = false
  /// Called at the end of a turn at which nothing waits any more.
  var didEmpty: () -> Void = {}

  init(from source: (any Transport)?, on loop: Loop) {
    self.source = source
    self.loop = loop
  }

  /// Whether everything is with the kernel.
  var isEmpty: Bool { waiting.isEmpty && block == nil && target?.isWriteQueued != true }

  /// Gives the lane the side that it reads from.
  func setSource(_ transport: any Transport) { source = transport }

  /// Gives the lane the side that it writes to, which is open.
  func setTarget(_ transport: any Transport) {
    target = transport
    schedule()
  }

  /// Takes bytes that were read.
  func take(_ append: (inout [UInt8]) -> Void) {
    append(&waiting)
    if waiting.count >= Self.waitingBytesMax { source?.pauseReading() }
    schedule()
  }

  /// Goes on with what the kernel didn't take before.
  func targetDidDrain() { schedule() }

  /// Lets both sides go.
  func close() {
    didEmpty = {}
    source = nil
    target = nil
  }

  func turnDidEnd() {
    isScheduled = false
    flush()
    if isEmpty {
      source?.resumeReading()
      didEmpty()
    } else if source != nil {
      source?.pauseReading()
    }
  }

  private func schedule() {
    guard !isScheduled else { return }
    isScheduled = true
    loop.atTurnEnd(self)
  }

  private func flush() {
    guard let target else { return }
    let gather = loop.gather
    while target.isOpen, !target.isWriteQueued, let block = nextBlock() {
      let piece = block.bytes[blockUsed...].prefix(target.writeBytesMax)
      gather.clear()
      gather.append(referencing: UnsafeRawBufferPointer(rebasing: piece), in: block)
      blockUsed += piece.count
      if blockUsed == block.count { self.block = nil }
      if target.write(gather) == .closed { return }
    }
  }

  private func nextBlock() -> SharedBytes? {
    if block == nil, !waiting.isEmpty {
      block = waiting.withUnsafeBytes { SharedBytes(copying: $0) }
      blockUsed = 0
      waiting.removeAll(keepingCapacity: true)
    }
    return block
  }
}
