import Glibc

/// Stops the process when a promise of the code under test doesn't hold, so that the fuzzer keeps
/// the input.
func promise(
  _ holds: Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  guard !holds else { return }
  say("==promise broken== \(what()) (\(file):\(line))")
  abort()
}

/// Writes a line to standard error.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}
