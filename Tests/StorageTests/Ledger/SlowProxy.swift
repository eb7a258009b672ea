import Foundation
import Glibc
import Storage
import Synchronization
import Testing

/// Stands between a client and a server's Unix socket, and lets so many bytes a second through in
/// each direction.
final class SlowProxy: Sendable {
  /// How a client reaches the server through the proxy.
  let configuration: DatabaseConfiguration
  private let listener: Int32
  private let serverPath: String
  private let bytesPerSecond: Int
  private let passed = Atomic(0)

  /// Bytes that have gone through.
  var byteCount: Int { passed.load(ordering: .relaxed) }

  /// Listens on a free port of the loopback interface.
  init(to server: DatabaseConfiguration, bytesPerSecond: Int) throws {
    self.bytesPerSecond = bytesPerSecond
    serverPath = "\(try #require(server.host))/.s.PGSQL.\(server.port ?? 5_432)"
    let (listener, port) = try Self.listen()
    self.listener = listener
    var configuration = server
    configuration.host = "127.0.0.1"
    configuration.port = port
    self.configuration = configuration
    Thread.detachNewThread { [self] in accept() }
  }

  private static func listen() throws -> (listener: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isBound = with(&address) { bind(listener, $0, $1) } == 0
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isNamed =
      with(&address) { pointer, _ in
        getsockname(listener, UnsafeMutablePointer(mutating: pointer), &length)
      } == 0
    try #require(isBound && isNamed && Glibc.listen(listener, 8) == 0)
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Takes no more clients; connections end with their ends.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  deinit { close(listener) }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { return }
      let server = connected()
      Thread.detachNewThread { [self] in
        // Both directions have to be over before the numbers may be given to others.
        let back = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
          pass(from: server, to: client)
          back.signal()
        }
        pass(from: client, to: server)
        back.wait()
        close(client)
        close(server)
      }
    }
  }

  private func connected() -> Int32 {
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: serverPath.utf8) }
    // A server that is away ends the client's connection as well.
    _ = SlowProxy.with(&address) { connect(server, $0, $1) }
    return server
  }

  /// Passes bytes on until one end is closed, and takes the time for each piece that it would take
  /// on the wire.
  private func pass(from source: Int32, to target: Int32) {
    var buffer = [UInt8](repeating: 0, count: 8 << 10)
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count > 0 else { break }
      poll(nil, 0, Int32(count * 1_000 / bytesPerSecond))
      var sent = 0
      while sent < count {
        let part = buffer[sent..<count].withUnsafeBytes {
          send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard part > 0 else { break }
        sent += part
      }
      guard sent == count else { break }
      passed.wrappingAdd(count, ordering: .relaxed)
    }
    shutdown(target, Int32(SHUT_WR))
    shutdown(source, Int32(SHUT_RD))
  }

  private static func with<Address, Result>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }
}
