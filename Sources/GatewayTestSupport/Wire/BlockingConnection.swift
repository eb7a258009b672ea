internal import Competition
internal import GRPC
internal import Glibc

/// A server's side of one connection of a `BlockingPeer`; used on the peer's thread only.
public final class BlockingConnection {
  /// POLLRDHUP, the end of the client's direction, which Glibc shows to GNU programs only.
  private static let hangUp: Int16 = 0x2000
  private let descriptor: Int32
  private var isPrefaceRead = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Writes all of `bytes`; false when the client is gone.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let result = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if result <= 0 { return false }
      sent += result
    }
    return true
  }

  /// Writes `bytes`, which must not be empty, again and again, reading nothing, until the client is
  /// gone.
  public func flood(_ bytes: [UInt8]) {
    var many = bytes
    while many.count < 64 << 10 { many += many }
    while send(many) {}
  }

  /// Writes `bytes` one by one with a pause before each, until the client is gone.
  public func drip(_ bytes: [UInt8], pauseMillis: Int32) {
    for byte in bytes {
      guard pause(pauseMillis), send([byte]) else { return }
    }
    holdStill()
  }

  /// Reads until `count` bytes have come, or the end; gives how many they are.
  @discardableResult
  public func receive(atLeast count: Int) -> Int {
    var total = 0
    while total < count {
      guard let bytes = read(4_096) else { break }
      total += bytes.count
    }
    return total
  }

  /// Reads frames up to the end of the next request.
  ///
  /// - Returns: Its stream; nil when the connection ended before.
  public func nextRequest() -> UInt8? {
    if !isPrefaceRead {
      guard readWhole(WireFrame.preface.count) != nil else { return nil }
      isPrefaceRead = true
    }
    while let head = readWhole(9) {
      let length = head[..<3].reduce(0) { $0 << 8 | Int($1) }
      guard readWhole(length) != nil else { return nil }
      let (type, flags) = (head[3], head[4])
      if type <= WireFrame.headersType, flags & WireFrame.endStream != 0 { return head[8] }
    }
    return nil
  }

  /// Answers a request as a good model does: `SUCCESS` without a value.
  public func answerWell(_ stream: UInt8) {
    let frame = FleetReplies.success
    let message = withExtendedLifetime(frame) { Array(frame.bytes) }
    send(
      WireFrame.answerHead(stream) + WireFrame.bytes(0, stream: stream, message)
        + WireFrame.okTrailers(stream))
  }

  /// Does nothing and reads nothing until the client, or the peer's owner, ends the connection.
  public func holdStill() { while pause(1_000) {} }

  /// Ends the sending direction alone.
  public func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Has the connection end with a reset instead of in order.
  public func endWithReset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
  }

  /// Lets time pass; false when the client is gone.
  private func pause(_ millis: Int32) -> Bool {
    var watch = pollfd(fd: descriptor, events: Self.hangUp, revents: 0)
    return poll(&watch, 1, millis) == 0
  }

  private func readWhole(_ count: Int) -> [UInt8]? {
    var all: [UInt8] = []
    while all.count < count {
      guard let bytes = read(min(count - all.count, 64 << 10)) else { return nil }
      all += bytes
    }
    return all
  }

  private func read(_ most: Int) -> [UInt8]? {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, used in
      count = recv(descriptor, buffer.baseAddress, most, 0)
      used = max(0, count)
    }
    return count > 0 ? bytes : nil
  }
}
