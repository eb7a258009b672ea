import Glibc

/// An address that swallows every attempt to connect to it: no answer, no refusal.
struct BlackHole {
  let host: String
  let port: UInt16
  private var descriptors: [Int32] = []

  /// Moves this thread into a network namespace of its own, as root can, whose other side is a wire
  /// to nobody: a veth pair, and a neighbour that doesn't exist.
  ///
  /// The thread stays in the namespace; only its own sockets at 127.0.0.1 are within its reach.
  ///
  /// - Throws: `NoNamespace` with what the system said.
  static func inOwnNamespace() throws -> BlackHole {
    typealias Unshare = @convention(c) (Int32) -> Int32
    let newNetwork: Int32 = 0x4000_0000  // CLONE_NEWNET, which Glibc shows to GNU programs only.
    guard let symbol = dlsym(nil, "unshare"),
      unsafeBitCast(symbol, to: Unshare.self)(newNetwork) == 0
    else { throw NoNamespace(text: "unshare: errno \(errno)") }
    try run("ip link set lo up")
    try run("ip link add hole type veth peer name nobody")
    try run("ip link set hole up && ip link set nobody up && ip addr add 10.98.0.1/16 dev hole")
    try run("ip neigh add 10.98.0.2 lladdr 02:00:00:00:00:01 dev hole")
    return BlackHole(host: "10.98.0.2", port: 50_051)
  }

  /// A listener whose backlog is full: the kernel drops whatever else comes.
  static func ofFullBacklog() -> BlackHole {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var descriptors = [listener]
    withUnsafeMutablePointer(to: &address) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        _ = bind(listener, raw, length)
        getsockname(listener, raw, &length)
        _ = listen(listener, 0)
        // A backlog of 0 holds one; the second one waits already.
        for _ in 0..<2 {
          let guest = socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
          _ = connect(guest, raw, length)
          descriptors.append(guest)
        }
      }
    }
    return BlackHole(
      host: "127.0.0.1", port: UInt16(bigEndian: address.sin_port), descriptors: descriptors)
  }

  private init(host: String, port: UInt16, descriptors: [Int32] = []) {
    self.host = host
    self.port = port
    self.descriptors = descriptors
  }

  func close() { for descriptor in descriptors { _ = Glibc.close(descriptor) } }

  private static func run(_ command: String) throws {
    guard let pipe = popen("(\(command)) 2>&1", "r") else { throw NoNamespace(text: command) }
    var text = ""
    while let line = readLine(from: pipe) { text += line }
    guard pclose(pipe) == 0 else { throw NoNamespace(text: "\(command): \(text)") }
  }

  private static func readLine(from pipe: UnsafeMutablePointer<FILE>) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    guard fgets(&buffer, Int32(buffer.count), pipe) != nil else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A namespace that could not be made.
struct NoNamespace: Error {
  let text: String
}
