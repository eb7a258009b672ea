internal import CLibUV
import Glibc

/// A numeric IPv4 or IPv6 address with a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// A `sockaddr_in` or a `sockaddr_in6`.
  private let bytes: [UInt8]
  /// `127.0.0.1:9091` or `[::1]:9091`.
  public let description: String
  /// The TCP port.
  public let port: UInt16

  /// Reads a numeric address; nil when `host` is a name that must be resolved first.
  public init?(host: String, port: UInt16) {
    var v4 = sockaddr_in()
    var v6 = sockaddr_in6()
    if uv_ip4_addr(host, Int32(port), &v4) == 0 {
      bytes = Swift.withUnsafeBytes(of: v4) { Array($0) }
      description = "\(host):\(port)"
    } else if uv_ip6_addr(host, Int32(port), &v6) == 0 {
      bytes = Swift.withUnsafeBytes(of: v6) { Array($0) }
      description = "[\(host)]:\(port)"
    } else {
      return nil
    }
    self.port = port
  }

  /// Whether it leads back to this machine: 127.0.0.0/8, also mapped into IPv6, or ::1.
  public var isLoopback: Bool {
    let isV6 = bytes.count == MemoryLayout<sockaddr_in6>.size
    guard isV6 else { return bytes[4] == 127 }
    let host = bytes[8..<24]
    return host.dropLast().allSatisfy { $0 == 0 } && host.last == 1
      || host.prefix(10).allSatisfy { $0 == 0 } && host.dropFirst(10).prefix(3) == [255, 255, 127]
  }

  init?(_ address: UnsafePointer<sockaddr>) {
    let isV6 = Int32(address.pointee.sa_family) == AF_INET6
    let size = isV6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    bytes = Array(UnsafeRawBufferPointer(start: address, count: size))
    var text = [CChar](repeating: 0, count: 64)
    guard uv_ip_name(address, &text, 64) == 0 else { return nil }
    let length = text.firstIndex(of: 0) ?? text.count
    let host = String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    port = UInt16(bigEndian: bytes[2...3].withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) })
    description = isV6 ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  func withRaw<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
    var storage = sockaddr_storage()
    return Swift.withUnsafeMutableBytes(of: &storage) { place in
      place.copyBytes(from: bytes)
      return place.withMemoryRebound(to: sockaddr.self) { rebound in
        // The storage is never empty, so its base address is there.
        body(UnsafePointer(rebound.baseAddress.unsafelyUnwrapped))
      }
    }
  }
}
