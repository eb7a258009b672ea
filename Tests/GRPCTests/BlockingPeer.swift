import Foundation
import Glibc

/// A peer with a blocking socket on a thread of its own: for what a loop's streams never do, such
/// as not reading, or ending with a reset.
final class BlockingPeer: @unchecked Sendable {
  /// The port that it listens on.
  let port: UInt16
  private let listener: Int32
  private let finished = DispatchSemaphore(value: 0)

  /// Listens; `script` gets the first connection's descriptor, which is closed after it.
  init(receiveBufferBytes: Int32 = 1 << 16, _ script: @escaping @Sendable (Int32) -> Void) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var size = receiveBufferBytes
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        _ = bind(listener, raw, length)
        getsockname(listener, raw, &length)
      }
    }
    listen(listener, 4)
    port = UInt16(bigEndian: address.sin_port)
    let finished = finished
    Thread.detachNewThread {
      let connection = accept(listener, nil, nil)
      if connection >= 0 {
        var limit = timeval(tv_sec: 15, tv_usec: 0)
        setsockopt(
          connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        script(connection)
        close(connection)
      }
      finished.signal()
    }
  }

  /// Waits for the script's end.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    finished.wait()
    close(listener)
  }

  /// Writes all of `bytes`.
  static func send(_ descriptor: Int32, _ bytes: [UInt8]) {
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Reads until `count` bytes have come, or the end.
  static func receive(_ descriptor: Int32, atLeast count: Int) -> Int {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    var total = 0
    while total < count {
      let read = recv(descriptor, &buffer, buffer.count, 0)
      if read <= 0 { break }
      total += read
    }
    return total
  }

  /// Has the following close send a reset instead of an orderly end.
  static func endWithReset(_ descriptor: Int32) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
  }
}

/// Holds a script back until a test lets it go on.
final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func wait() { _ = semaphore.wait(timeout: .now() + 15) }
  func open() { semaphore.signal() }
}
