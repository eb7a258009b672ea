import Competition
import Glibc

/// What ended a wait for a socket.
enum SocketWait {
  /// The socket can be read or is at its end.
  case readable
  /// The socket takes more bytes.
  case writable
  /// Both, or an error that reading will tell.
  case both
  /// Nothing happened by the deadline.
  case timedOut
  /// The interruption was thrown.
  case interrupted

  /// Waits with poll(2) until `socket` can be read (unless `readingToo` is false) or, when asked,
  /// written, the deadline passes or `interruption` is thrown. Signals don't end the wait.
  static func wait(
    on socket: Int32, forWriting: Bool, readingToo: Bool = true,
    until deadline: MonotonicInstant, interruption: Interruption?
  ) -> SocketWait {
    let events = (forWriting ? POLLOUT : 0) | (readingToo ? POLLIN : 0)
    var entries = [pollfd(fd: socket, events: Int16(events), revents: 0)]
    if let interruption {
      entries.append(pollfd(fd: interruption.descriptor, events: Int16(POLLIN), revents: 0))
    }
    while true {
      let left = deadline.since(.now())
      // Rounded up, so that the last wait isn't a series of zero-length ones.
      let millis = Int32(clamping: max(0, (left.nanoseconds + 999_999) / 1_000_000))
      let count = poll(&entries, nfds_t(entries.count), millis)
      if count > 0 {
        if entries.count > 1, entries[1].revents != 0 { return .interrupted }
        return outcome(of: entries[0].revents)
      }
      if count == 0, left <= .zero || deadline.since(.now()) <= .zero { return .timedOut }
      if count < 0, errno != EINTR { return .both }
    }
  }

  private static func outcome(of events: Int16) -> SocketWait {
    let canWrite = events & Int16(POLLOUT) != 0
    let canRead = events & ~Int16(POLLOUT) != 0
    return canRead ? (canWrite ? .both : .readable) : .writable
  }
}
