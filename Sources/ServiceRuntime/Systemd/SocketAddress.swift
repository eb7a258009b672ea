import Glibc

/// The address of a Unix socket: a path, or a name in the abstract namespace (`@name`).
struct SocketAddress: Sendable {
  /// The bytes of `sun_path`: the path and its NUL, or a NUL and the name.
  private let path: [UInt8]

  /// Reads systemd's form; nil when it starts with neither `/` nor `@`, or doesn't fit.
  init?(notifySocket text: String) {
    var bytes = Array(text.utf8)
    guard bytes.count >= 2, !bytes.contains(0) else { return nil }
    switch bytes[0] {
    case UInt8(ascii: "/"): bytes.append(0)
    case UInt8(ascii: "@"): bytes[0] = 0
    default: return nil
    }
    guard bytes.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
    path = bytes
  }

  /// Lends the address and its exact length; an abstract name is as long as it is, NULs included.
  func withPointer<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let length = MemoryLayout<sa_family_t>.size + path.count
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
    }
  }
}
