internal import CLibPQ
import Competition

extension PostgresConnection {
  /// Watches the idle session until `instant`, or until the interruption is thrown.
  ///
  /// - Throws: `connectionLost` as soon as the server ends the session.
  func watch(until instant: MonotonicInstant, doing: String) throws(StorageError) {
    while true {
      if noticesEnd() { throw lost(doing) }
      let outcome = SocketWait.wait(
        on: PQsocket(try openHandle(doing)), forWriting: false, until: instant,
        interruption: interruption)
      if outcome == .timedOut || outcome == .interrupted { return }
    }
  }
}
