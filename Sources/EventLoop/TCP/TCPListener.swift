internal import CLibUV
import Glibc

/// A listening TCP socket of a loop.
///
/// C holds +1 from `init` until the close callback.
public final class TCPListener {
  private let raw: UnsafeMutablePointer<uv_tcp_t>
  private let loop: Loop
  private var accept: ((TCPStream) -> Void)?
  private var closed = false
  /// The address that is listened on, with the port that the system chose when 0 was asked for.
  public private(set) var address: SocketAddress

  /// Listens on `address`; `accept` gets each new connection, opened, and must set its handler.
  ///
  /// With `listens` false the port is only kept from others: the kernel refuses connections to it.
  ///
  /// - Throws: `EventLoopError` when the port is taken or the address isn't this machine's.
  public init(
    on address: SocketAddress, loop: Loop, backlog: Int32 = 1_024, listens: Bool = true,
    accept: @escaping (TCPStream) -> Void
  ) throws(EventLoopError) {
    self.loop = loop
    self.accept = accept
    self.address = address
    raw = .allocate(capacity: 1)
    uv_tcp_init(loop.raw, raw)
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
    var result = address.withRaw { uv_tcp_bind(raw, $0, 0) }
    if result == 0, listens {
      result = raw.withMemoryRebound(to: uv_stream_t.self, capacity: 1) {
        uv_listen($0, backlog, listenerDidGetConnection)
      }
    }
    if result < 0 {
      close()
      throw EventLoopError(code: result, during: "listen on \(address)")
    }
    self.address = boundAddress() ?? address
  }

  deinit { assert(closed, "a TCPListener was dropped without close()") }

  /// Stops listening; accepted connections live on. Safe to call again.
  public func close() {
    guard !closed else { return }
    closed = true
    accept = nil
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, listenerDidClose) }
  }

  private func boundAddress() -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = Int32(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        uv_tcp_getsockname(raw, $0, &length) == 0 ? SocketAddress($0) : nil
      }
    }
  }

  fileprivate func takeConnection() {
    guard let accept else { return }
    let stream = TCPStream(on: loop, purpose: "connection accepted on \(address)")
    let result = raw.withMemoryRebound(to: uv_stream_t.self, capacity: 1) { server in
      stream.asStream { uv_accept(server, $0) }
    }
    guard result == 0 else { return stream.close() }
    accept(stream)
    stream.open()
  }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
  }
}

private func listenerDidGetConnection(
  _ handle: UnsafeMutablePointer<uv_stream_t>?, _ status: Int32
) {
  guard status == 0, let context = handle?.pointee.data else { return }
  Unmanaged<TCPListener>.fromOpaque(context).takeUnretainedValue().takeConnection()
}

private func listenerDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<TCPListener>.fromOpaque(context).takeRetainedValue().finishClose()
}
