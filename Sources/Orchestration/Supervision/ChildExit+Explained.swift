import EventLoop
import Glibc

extension ChildExit {
  /// The end in words, with the limit that it points to.
  var explained: String {
    // A shell, and bubblewrap, tell a signal as 128 and its number.
    switch signal != 0 ? signal : Int32(truncatingIfNeeded: code - 128) {
    case SIGXFSZ: "the process \(self) (it wrote a file larger than limits.file-size)"
    case SIGXCPU: "the process \(self) (it used the CPU time of limits.cpu)"
    default: "the process \(self)"
    }
  }
}
