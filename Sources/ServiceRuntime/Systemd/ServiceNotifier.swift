import Competition
import Glibc
import Telemetry

/// Tells systemd how the service is doing: datagrams to the socket that `NOTIFY_SOCKET` names.
///
/// Without that variable (not run by systemd, or not `Type=notify`) every call does nothing.
/// Sending never waits and never fails the program: a datagram that the socket doesn't take is
/// counted in `lostCount`. The protocol is the one of `sd_notify(3)`.
///
/// The socket is freed in `deinit`.
public final class ServiceNotifier: Sendable {
  private let socket: Int32
  private let address: SocketAddress?
  private let lost = Counter()

  /// How often systemd wants to hear `watchdog()`; nil when it doesn't watch. Call it twice as
  /// often.
  public let watchdogInterval: Duration?

  /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` from `environment`.
  ///
  /// - Throws: `StartFailure` when `NOTIFY_SOCKET` is no socket address, or there is no descriptor
  ///   left for the socket.
  public init(environment: [String: String]) throws(StartFailure) {
    guard let path = environment["NOTIFY_SOCKET"], !path.isEmpty else {
      (socket, address, watchdogInterval) = (-1, nil, nil)
      return
    }
    guard let address = SocketAddress(notifySocket: path) else {
      throw StartFailure(
        "NOTIFY_SOCKET=\(path) is no socket address",
        remedy: "it must start with / or @ and have at most 107 bytes; unset it to run by hand",
        exitCode: .wrongConfiguration)
    }
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else {
      throw StartFailure(
        "no socket for NOTIFY_SOCKET: \(String(cString: strerror(errno)))",
        remedy: "raise the limit of open files (LimitNOFILE=)", exitCode: .systemRefused)
    }
    self.socket = socket
    self.address = address
    watchdogInterval = Self.watchdogInterval(environment)
  }

  deinit { if socket >= 0 { close(socket) } }

  /// Whether somebody listens.
  public var isActive: Bool { address != nil }

  /// Datagrams that could not be sent.
  public var lostCount: UInt64 { lost.value }

  /// The service is up and does its work.
  public func ready(status: String) { send("READY=1\nSTATUS=\(OneLine.escaped(status))") }

  /// What the service is doing now, one line for `systemctl status`.
  public func status(_ status: String) { send("STATUS=\(OneLine.escaped(status))") }

  /// The service makes progress; to be said at least once per `watchdogInterval`, by the code whose
  /// standstill matters.
  public func watchdog() { send("WATCHDOG=1") }

  /// The service began to stop.
  public func stopping() { send("STOPPING=1") }

  private func send(_ states: String) {
    guard let address else { return }
    var text = states
    let sent = text.withUTF8 { bytes in
      address.withPointer { pointer, length in
        sendto(
          socket, bytes.baseAddress, bytes.count,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), pointer, length)
      }
    }
    if sent < 0 { lost.add() }
  }

  private static func watchdogInterval(_ environment: [String: String]) -> Duration? {
    guard let text = environment["WATCHDOG_USEC"], let micros = Int64(text), micros > 0 else {
      return nil
    }
    if let owner = environment["WATCHDOG_PID"], owner != String(getpid()) { return nil }
    return .microseconds(micros)
  }
}
