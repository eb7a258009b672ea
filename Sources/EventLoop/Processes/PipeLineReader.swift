internal import CLibUV

/// Reads one output stream of a child process and cuts it into lines.
///
/// C holds +1 from `init` until the close callback. A line longer than 8 KiB is cut there and its
/// rest dropped. With a limit, reading pauses for the rest of a tenth of a second whose share has
/// been read, and the writer waits.
final class PipeLineReader {
  private static let lineBytesMax = 8 << 10
  /// What is still read after the child's end, bytes. 256 KiB, above what libuv's socket pair holds
  /// (208): another process may have the other end and never stop writing.
  private static let lastBytesMax = 256 << 10
  /// What a line counts at least against the limit: short ones cost time, too.
  private static let lineCostBytes = 100
  private static let windowsPerSecond = 10

  private let raw: UnsafeMutablePointer<uv_pipe_t>
  private let loop: Loop
  private let line: (String) -> Void
  private var ended: (() -> Void)?
  private var partial: [UInt8] = []
  private var overflowed = false
  private var isClosed = false
  /// What a window may cost; nil without a limit.
  private let windowCostMax: Int?
  private var windowCost = 0
  private var window: LoopTimer?

  init(
    on loop: Loop, bytesPerSecondMax: Int? = nil, line: @escaping (String) -> Void,
    ended: @escaping () -> Void
  ) {
    self.loop = loop
    windowCostMax = bytesPerSecondMax.map { max(1, $0 / Self.windowsPerSecond) }
    self.line = line
    self.ended = ended
    raw = .allocate(capacity: 1)
    uv_pipe_init(loop.raw, raw, 0)
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
  }

  deinit { assert(isClosed, "a PipeLineReader was dropped without close()") }

  var stream: UnsafeMutablePointer<uv_stream_t> {
    UnsafeMutableRawPointer(raw).assumingMemoryBound(to: uv_stream_t.self)
  }

  func open() {
    if windowCostMax != nil {
      window = LoopTimer(on: loop) { [weak self] in self?.nextWindow() }
    }
    resume()
  }

  private func resume() {
    if uv_read_start(stream, readerWillRead, readerDidRead) < 0 { close() }
  }

  /// Stops reading when the window's share has been read.
  private func pauseIfSpent() {
    guard let windowCostMax, let window, !isClosed, windowCost >= windowCostMax else { return }
    uv_read_stop(stream)
    window.arm(after: .seconds(1) / Self.windowsPerSecond)
  }

  /// What was read beyond one window's share counts in the next ones.
  private func nextWindow() {
    guard !isClosed, let windowCostMax else { return }
    windowCost -= windowCostMax
    if windowCost >= windowCostMax { return pauseIfSpent() }
    resume()
  }

  /// Reads what is in the pipe now and closes, without waiting for another writer.
  func finish() {
    guard !isClosed else { return }
    loop.atTurnEnd(LastRead(reader: self))
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    window?.close()
    window = nil
    if !partial.isEmpty { emit() }
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, readerDidClose) }
  }

  fileprivate func drainNow() {
    var left = Self.lastBytesMax
    while !isClosed {
      guard left > 0 else { return close() }
      let count = updraft_read_pipe(stream, loop.readBuffer.baseAddress, loop.readBuffer.count)
      guard count > 0 else { return close() }
      left -= count
      take(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
    }
  }

  fileprivate func read(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
    if count > 0, let base {
      take(UnsafeRawBufferPointer(start: base, count: count))
      pauseIfSpent()
    } else if count < 0 {
      close()
    }
  }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
    ended?()
    ended = nil
  }

  /// No larger than a window's share, so that one read can't be many windows' worth.
  fileprivate var buffer: uv_buf_t {
    let room = min(loop.readBuffer.count, max(4 << 10, windowCostMax ?? .max))
    return uv_buf_t(
      viewing: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(loop.readBuffer)[..<room]))
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    windowCost += bytes.count
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      windowCost += max(0, Self.lineCostBytes - (end - rest.startIndex))
      keep(rest[..<end])
      emit()
      rest = rest[(end + 1)...]
    }
    keep(rest)
  }

  private func keep(_ piece: Slice<UnsafeRawBufferPointer>) {
    let room = Self.lineBytesMax - partial.count
    partial.append(contentsOf: piece.prefix(room))
    if piece.count > room { overflowed = true }
  }

  private func emit() {
    if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
    line(String(decoding: partial, as: UTF8.self) + (overflowed ? " […]" : ""))
    partial.removeAll(keepingCapacity: true)
    overflowed = false
  }
}

private final class LastRead: TurnEndTask {
  private let reader: PipeLineReader

  init(reader: PipeLineReader) { self.reader = reader }

  func turnDidEnd() { reader.drainNow() }
}

private func recover(_ data: UnsafeMutableRawPointer?) -> PipeLineReader? {
  data.map { Unmanaged<PipeLineReader>.fromOpaque($0).takeUnretainedValue() }
}

private func readerWillRead(
  _ handle: UnsafeMutablePointer<uv_handle_t>?, _ suggested: Int,
  _ buffer: UnsafeMutablePointer<uv_buf_t>?
) {
  guard let reader = recover(handle?.pointee.data) else { return }
  buffer?.pointee = reader.buffer
}

private func readerDidRead(
  _ handle: UnsafeMutablePointer<uv_stream_t>?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?
) {
  recover(handle?.pointee.data)?.read(count, buffer?.pointee.base)
}

private func readerDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<PipeLineReader>.fromOpaque(context).takeRetainedValue().finishClose()
}
