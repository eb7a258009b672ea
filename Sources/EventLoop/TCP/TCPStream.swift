internal import CLibUV
public import Competition
import Glibc

/// What a stream tells its owner, on the loop's thread.
public protocol TCPStreamHandler: AnyObject {
  /// The connection that `TCPStream.connect` asked for stands.
  func streamDidConnect(_ stream: TCPStream)
  /// Bytes arrived; they are valid during the call only.
  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer)
  /// A write that had been queued is out: the next one may come.
  func streamDidDrain(_ stream: TCPStream)
  /// The stream is over: nil when the peer ended it in order. Not called after the owner's own
  /// `close()`. The stream has closed itself.
  func stream(_ stream: TCPStream, didEnd error: EventLoopError?)
}

/// How a write went.
public enum WriteResult: Hashable, Sendable {
  /// All bytes are with the kernel.
  case written
  /// The rest waits for the kernel; `streamDidDrain` tells when it is out.
  case queued
  /// The stream is closed or closing; `didEnd` has told or will tell why.
  case closed
}

/// A TCP connection on a loop.
///
/// It may become: connecting → open → closed; `close()` ends it from any state. C holds +1 from
/// `init` until the close callback.
public final class TCPStream {
  /// Told of everything that happens until `close()`; not owned: whoever goes without closing the
  /// stream sets this to nil. (A weak reference would make every retain of the handler slow.)
  public unowned var handler: (any TCPStreamHandler)?
  /// Whether a queued write is under way; nothing may be written until `streamDidDrain`.
  public private(set) var isWriteQueued = false
  /// Whether the stream is over.
  public private(set) var isClosed = false
  let raw: UnsafeMutablePointer<uv_tcp_t>
  let loop: Loop
  private var purpose: String
  private var isReadingPaused = false
  /// Bytes read since the stream began.
  public private(set) var bytesRead = 0
  /// Bytes handed to the kernel since the stream began.
  public private(set) var bytesWritten = 0

  init(on loop: Loop, purpose: String) {
    self.loop = loop
    self.purpose = purpose
    raw = .allocate(capacity: 1)
    uv_tcp_init(loop.raw, raw)
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
  }

  deinit { assert(isClosed, "a TCPStream was dropped without close()") }

  /// Begins to connect; `streamDidConnect` or `didEnd` follows, never during this call. A handler
  /// that doesn't exist yet may be set after it.
  ///
  /// - Throws: `EventLoopError` when the attempt cannot even begin (no descriptor left).
  public static func connect(
    to address: SocketAddress, on loop: Loop, handler: (any TCPStreamHandler)? = nil
  ) throws(EventLoopError) -> TCPStream {
    let stream = TCPStream(on: loop, purpose: "connect to \(address)")
    stream.handler = handler
    let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    let result = address.withRaw {
      uv_tcp_connect(request, stream.raw, $0, streamDidFinishConnecting)
    }
    if result < 0 {
      request.deallocate()
      stream.close()
      throw EventLoopError(code: result, during: stream.purpose)
    }
    return stream
  }

  /// Writes everything in `gather`, in one system call when the kernel takes it, and clears it.
  ///
  /// What the kernel doesn't take is queued: scratch bytes are copied, referenced blocks retained.
  public func write(_ gather: GatherBuffer) -> WriteResult {
    defer { gather.clear() }
    guard !isClosed else { return .closed }
    precondition(!isWriteQueued, "wait for streamDidDrain before the next write")
    guard !gather.isEmpty else { return .written }
    let sent = tryWrite(gather.segments)
    if sent == gather.byteCount { return .written }
    if sent < 0 {
      fail(sent)
      return .closed
    }
    return queue(gather, after: sent)
  }

  /// Writes bytes that the caller keeps; they are copied when the kernel doesn't take them at once.
  public func write(_ bytes: some Collection<UInt8>) -> WriteResult {
    guard !bytes.isEmpty else { return isClosed ? .closed : .written }
    let block = Array(bytes).withUnsafeBytes { SharedBytes(copying: $0) }
    loop.gather.clear()
    loop.gather.append(referencing: block.bytes, in: block)
    return write(loop.gather)
  }

  /// The address at the other end; nil when the connection doesn't stand.
  public var peer: SocketAddress? {
    guard !isClosed else { return nil }
    var storage = sockaddr_storage()
    var length = Int32(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        uv_tcp_getpeername(raw, $0, &length) == 0 ? SocketAddress($0) : nil
      }
    }
  }

  /// Reads no more until `resumeReading`; the peer is then held back by TCP's own window. Bytes of
  /// the current call are not taken back.
  public func pauseReading() {
    guard !isClosed, !isReadingPaused else { return }
    isReadingPaused = true
    asStream { _ = uv_read_stop($0) }
  }

  /// Reads again.
  public func resumeReading() {
    guard !isClosed, isReadingPaused else { return }
    isReadingPaused = false
    let result = asStream { uv_read_start($0, streamWillRead, streamDidRead) }
    if result < 0 { fail(result) }
  }

  /// Ends the stream at once; what is queued is dropped. Safe to call again.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    handler = nil
    handle { uv_close($0, streamDidClose) }
  }

  /// Starts reading and turns Nagle's algorithm off. Once, when the connection stands.
  func open() {
    uv_tcp_nodelay(raw, 1)
    let result = asStream { uv_read_start($0, streamWillRead, streamDidRead) }
    if result < 0 { fail(result) }
  }

  private func tryWrite(_ segments: [GatherBuffer.Segment]) -> Int {
    withUnsafeTemporaryAllocation(of: uv_buf_t.self, capacity: segments.count) { vector in
      for (index, segment) in segments.enumerated() {
        vector[index] = uv_buf_t(viewing: segment.bytes)
      }
      let result = asStream { uv_try_write($0, vector.baseAddress, UInt32(segments.count)) }
      if result > 0 { bytesWritten += Int(result) }
      return result == UV_EAGAIN.rawValue ? 0 : Int(result)
    }
  }

  private func queue(_ gather: GatherBuffer, after sent: Int) -> WriteResult {
    let pending = PendingWrite(gather.segments, skipping: sent)
    let result = pending.start(on: self)
    if result < 0 {
      fail(Int(result))
      return .closed
    }
    bytesWritten += gather.byteCount - sent
    isWriteQueued = true
    return .queued
  }

  private func fail(_ code: some BinaryInteger) {
    let error = EventLoopError(code: Int32(code), during: purpose)
    let notice = handler.map { EndNotice(stream: self, handler: $0, error: error) }
    close()
    if let notice { loop.atTurnEnd(notice) }
  }

  fileprivate func finishConnecting(_ status: Int32) {
    guard !isClosed else { return }
    guard status == 0 else { return end(status) }
    purpose = purpose.replacingPrefix("connect to", with: "connection to")
    open()
    if !isClosed { handler?.streamDidConnect(self) }
  }

  fileprivate func read(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
    guard !isClosed else { return }
    if count > 0, let base {
      bytesRead += count
      handler?.stream(self, didRead: UnsafeRawBufferPointer(start: base, count: count))
    } else if count < 0 {
      end(Int32(count))
    }
  }

  func finishWrite(_ status: Int32) {
    isWriteQueued = false
    guard !isClosed else { return }
    if status < 0 { end(status) } else { handler?.streamDidDrain(self) }
  }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
  }

  /// Closes because of what the peer or the network did, and says so.
  private func end(_ status: Int32) {
    let inOrder = status == UV_EOF.rawValue
    let handler = handler
    close()
    handler?.stream(self, didEnd: inOrder ? nil : EventLoopError(code: status, during: purpose))
  }

  private func handle(_ body: (UnsafeMutablePointer<uv_handle_t>) -> Void) {
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { body($0) }
  }

  func asStream<Result>(_ body: (UnsafeMutablePointer<uv_stream_t>) -> Result) -> Result {
    raw.withMemoryRebound(to: uv_stream_t.self, capacity: 1) { body($0) }
  }
}

/// Tells the handler of a failed write at the end of the turn, so that `write` never re-enters it.
private final class EndNotice: TurnEndTask {
  private let stream: TCPStream
  private let handler: any TCPStreamHandler
  private let error: EventLoopError

  init(stream: TCPStream, handler: any TCPStreamHandler, error: EventLoopError) {
    self.stream = stream
    self.handler = handler
    self.error = error
  }

  func turnDidEnd() { handler.stream(stream, didEnd: error) }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String, with replacement: String) -> String {
    hasPrefix(prefix) ? replacement + dropFirst(prefix.count) : self
  }
}

private func recover(_ data: UnsafeMutableRawPointer?) -> TCPStream? {
  data.map { Unmanaged<TCPStream>.fromOpaque($0).takeUnretainedValue() }
}

private func streamDidFinishConnecting(
  _ request: UnsafeMutablePointer<uv_connect_t>?, _ status: Int32
) {
  let stream = recover(request?.pointee.handle.pointee.data)
  request?.deallocate()
  stream?.finishConnecting(status)
}

private func streamWillRead(
  _ handle: UnsafeMutablePointer<uv_handle_t>?, _ suggested: Int,
  _ buffer: UnsafeMutablePointer<uv_buf_t>?
) {
  guard let stream = recover(handle?.pointee.data) else { return }
  buffer?.pointee = uv_buf_t(viewing: UnsafeRawBufferPointer(stream.loop.readBuffer))
}

private func streamDidRead(
  _ handle: UnsafeMutablePointer<uv_stream_t>?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?
) {
  recover(handle?.pointee.data)?.read(count, buffer?.pointee.base)
}

private func streamDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<TCPStream>.fromOpaque(context).takeRetainedValue().finishClose()
}
