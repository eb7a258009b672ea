internal import Competition
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A peer with blocking sockets on a thread of its own: for what a loop's streams never do, such as
/// not reading, flooding, or ending with a reset.
///
/// Its connections are served one after another; those that wait find a silent peer.
public final class BlockingPeer: Sendable {
  /// The port that it listens on, at 127.0.0.1.
  public let port: UInt16
  private let listener: Int32
  private let thread: WorkThread
  private let served: Served

  /// Listens at once.
  ///
  /// - Parameters:
  ///   - receiveBufferBytes: What the kernel keeps of what isn't read.
  ///   - connectionsMax: How many connections are served; further ones wait in vain.
  ///   - script: Gets each connection, which is closed after it.
  /// - Throws: `ThreadError` when the system gives no thread.
  public init(
    receiveBufferBytes: Int32 = 1 << 16, connectionsMax: Int = 1,
    _ script: @escaping @Sendable (BlockingConnection) -> Void
  ) throws {
    let (listener, port) = Self.listen(receiveBufferBytes)
    self.listener = listener
    self.port = port
    let served = Served()
    self.served = served
    thread = try WorkThread {
      for _ in 0..<connectionsMax {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { break }
        if served.begin(descriptor) { script(BlockingConnection(descriptor)) }
        served.end(descriptor)
      }
    }
  }

  /// How many connections have been served to their end.
  public var servedCount: Int { served.count }

  /// Ends the present connection, and waits for its script's end.
  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    served.stop()
    thread.join()
    close(listener)
  }

  private static func listen(_ receiveBufferBytes: Int32) -> (Int32, UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
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
    _ = Glibc.listen(listener, 16)
    return (listener, UInt16(bigEndian: address.sin_port))
  }
}

/// The connection that is being served, so that another thread can end it.
private final class Served: Sendable {
  private struct State {
    var descriptor: Int32?
    var isStopped = false
    var count = 0
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.count } }

  /// Takes the connection over; false when there is no time left for it.
  func begin(_ descriptor: Int32) -> Bool {
    state.withLock {
      $0.descriptor = descriptor
      return !$0.isStopped
    }
  }

  func end(_ descriptor: Int32) {
    state.withLock {
      $0.descriptor = nil
      $0.count += 1
      close(descriptor)
    }
  }

  func stop() {
    state.withLock {
      $0.isStopped = true
      if let descriptor = $0.descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }
}

/// Holds a script back until a test lets it go on.
public final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  /// A gate that is shut.
  public init() {}

  /// Waits until it is opened, 15 s at most.
  public func wait() { _ = semaphore.wait(timeout: .now() + 15) }

  /// Lets one waiter through.
  public func open() { semaphore.signal() }
}
