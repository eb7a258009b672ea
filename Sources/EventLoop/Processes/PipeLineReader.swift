internal import CLibUV

/// Reads one output stream of a child process and cuts it into lines.
///
/// C holds +1 from `init` until the close callback. A line longer than 8 KiB is cut there and its
/// rest dropped.
final class PipeLineReader {
  private static let lineBytesMax = 8 << 10

  private let raw: UnsafeMutablePointer<uv_pipe_t>
  private let loop: Loop
  private let line: (String) -> Void
  private var ended: (() -> Void)?
  private var partial: [UInt8] = []
  private var overflowed = false
  private var isClosed = false

  init(on loop: Loop, line: @escaping (String) -> Void, ended: @escaping () -> Void) {
    self.loop = loop
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
    if uv_read_start(stream, readerWillRead, readerDidRead) < 0 { close() }
  }

  /// Reads what is in the pipe now and closes, without waiting for another writer.
  func finish() {
    guard !isClosed else { return }
    loop.atTurnEnd(LastRead(reader: self))
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    if !partial.isEmpty { emit() }
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, readerDidClose) }
  }

  fileprivate func drainNow() {
    while !isClosed {
      let count = updraft_read_pipe(stream, loop.readBuffer.baseAddress, loop.readBuffer.count)
      guard count > 0 else { return close() }
      take(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
    }
  }

  fileprivate func read(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
    if count > 0, let base {
      take(UnsafeRawBufferPointer(start: base, count: count))
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

  fileprivate var buffer: uv_buf_t { uv_buf_t(viewing: UnsafeRawBufferPointer(loop.readBuffer)) }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
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
