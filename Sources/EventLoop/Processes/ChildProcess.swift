internal import CLibUV
import Glibc
import Synchronization

/// What is to be started: a program, its arguments and the world it sees.
public struct ChildProcessOptions: Sendable {
  /// The program: a path, or a name that is looked up in the child's `PATH`.
  public var executable: String
  /// The arguments after the program's own name.
  public var arguments: [String]
  /// The whole environment of the child, `NAME=value` by name; nil inherits ours.
  public var environment: [String: String]?
  /// The folder the child starts in; nil inherits ours.
  public var workingDirectory: String?
  /// The user and group to run as; nil keeps ours. Changing them needs root.
  public var user: (uid: UInt32, gid: UInt32)?
  /// Whether the child leads a session and process group of its own, so that `signal` can reach
  /// everything that it starts and a Ctrl-C at the terminal does not.
  public var ownGroup = true
  /// How fast each output stream is read at most, bytes a second, a line counted as 100 bytes at
  /// least; nil reads as fast as it comes. A child that writes faster waits for its pipe.
  public var outputBytesPerSecondMax: Int?

  /// Options for `executable` with everything else inherited.
  public init(executable: String, arguments: [String] = []) {
    self.executable = executable
    self.arguments = arguments
  }
}

/// How a child process ended.
public struct ChildExit: Hashable, Sendable, CustomStringConvertible {
  /// The exit code; meaningless when `signal` is not 0.
  public let code: Int64
  /// The signal that ended the process, or 0.
  public let signal: Int32

  /// Creates an end; `signal` is 0 for a process that exited by itself.
  public init(code: Int64, signal: Int32) {
    self.code = code
    self.signal = signal
  }

  /// Whether the process ended by itself with code 0.
  public var isSuccess: Bool { code == 0 && signal == 0 }

  /// `exited with code 1` or `ended by signal 9`.
  public var description: String {
    signal == 0 ? "exited with code \(code)" : "ended by signal \(signal)"
  }
}

/// A child process of a loop, whose output arrives as lines.
///
/// It may become: running → exited → closed. C holds +1 from the start until the process has exited
/// and its handle is closed; `exited` is called once, after the last line of both streams.
public final class ChildProcess {
  /// The process id.
  public private(set) var processID: Int32 = 0
  /// How it ended; nil while it runs.
  public private(set) var exit: ChildExit?
  private let raw: UnsafeMutablePointer<uv_process_t>
  private let loop: Loop
  private let ownGroup: Bool
  private var onExit: ((ChildExit) -> Void)?
  private var readers: [PipeLineReader] = []
  private var openReaders = 0

  private init(on loop: Loop, ownGroup: Bool, onExit: @escaping (ChildExit) -> Void) {
    self.loop = loop
    self.ownGroup = ownGroup
    self.onExit = onExit
    raw = .allocate(capacity: 1)
  }

  /// Starts a process.
  ///
  /// - Parameters:
  ///   - options: What to start.
  ///   - loop: The loop that watches it.
  ///   - line: Gets each line of standard output and error, without its end, at most 8 KiB of it.
  ///   - exited: Gets the end, once.
  /// - Returns: The running process.
  /// - Throws: `EventLoopError` when the program isn't there, isn't executable or no process can be
  ///   made.
  public static func start(
    _ options: ChildProcessOptions, on loop: Loop, line: @escaping (String) -> Void,
    exited: @escaping (ChildExit) -> Void
  ) throws(EventLoopError) -> ChildProcess {
    let child = ChildProcess(on: loop, ownGroup: options.ownGroup, onExit: exited)
    for _ in 0..<2 {
      child.readers.append(
        PipeLineReader(
          on: loop, bytesPerSecondMax: options.outputBytesPerSecondMax, line: line
        ) { [weak child] in child?.readerEnded() })
    }
    child.openReaders = 2
    let result = child.spawn(options)
    if result < 0 {
      child.onExit = nil
      for reader in child.readers { reader.close() }
      throw EventLoopError(code: result, during: "start \(options.executable)")
    }
    for reader in child.readers { reader.open() }
    return child
  }

  /// Whether a process is a child of any loop of this program that has not ended.
  public static func isRunning(_ processID: Int32) -> Bool {
    runningIDs.withLock { $0.contains(processID) }
  }

  /// Sends `signal` to the process, or to its whole group when it leads one. Does nothing after its
  /// end.
  public func send(_ signal: Int32) {
    guard exit == nil, processID > 0 else { return }
    _ = ownGroup ? Glibc.kill(-processID, signal) : Glibc.kill(processID, signal)
  }

  /// Kills what the process left behind in its group; for after its end.
  public func killGroup() { if ownGroup, processID > 0 { _ = Glibc.kill(-processID, SIGKILL) } }

  private func spawn(_ options: ChildProcessOptions) -> Int32 {
    let environment = options.environment.map { $0.map { "\($0.key)=\($0.value)" } }
    let argv = CStringArray([options.executable] + options.arguments)
    let envp = environment.map(CStringArray.init)
    var stdio = [uv_stdio_container_t](repeating: uv_stdio_container_t(), count: 3)
    stdio[0].flags = UV_IGNORE
    for (index, reader) in readers.enumerated() {
      stdio[index + 1].flags = uv_stdio_flags(
        rawValue: UV_CREATE_PIPE.rawValue | UV_WRITABLE_PIPE.rawValue)
      stdio[index + 1].data.stream = reader.stream
    }
    var raw = uv_process_options_t()
    raw.exit_cb = childDidExit
    raw.stdio_count = 3
    if options.ownGroup { raw.flags |= UV_PROCESS_DETACHED.rawValue }
    if let user = options.user {
      raw.uid = user.uid
      raw.gid = user.gid
      raw.flags |= UV_PROCESS_SETUID.rawValue | UV_PROCESS_SETGID.rawValue
    }
    return stdio.withUnsafeMutableBufferPointer { stdio in
      raw.stdio = stdio.baseAddress
      raw.args = argv.pointer
      raw.env = envp?.pointer
      return withOptionalCString(options.workingDirectory) { folder in
        raw.cwd = folder
        return options.executable.withCString { file in
          raw.file = file
          return launch(&raw)
        }
      }
    }
  }

  private func launch(_ options: inout uv_process_options_t) -> Int32 {
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
    let result = uv_spawn(loop.raw, raw, &options)
    if result < 0 {
      raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, childDidClose) }
    } else {
      processID = raw.pointee.pid
      runningIDs.withLock { _ = $0.insert(processID) }
    }
    return result
  }

  fileprivate func processExited(_ exit: ChildExit) {
    self.exit = exit
    runningIDs.withLock { _ = $0.remove(processID) }
    // A grandchild may hold the pipes open for ever: what it writes after this moment isn't waited
    // for.
    for reader in readers { reader.finish() }
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, childDidClose) }
  }

  private func readerEnded() {
    openReaders -= 1
    reportIfOver()
  }

  private func reportIfOver() {
    guard openReaders == 0, let exit, let onExit else { return }
    self.onExit = nil
    onExit(exit)
  }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
    reportIfOver()
  }
}

/// The children of all loops.
private let runningIDs = Mutex<Set<Int32>>([])

private func childDidExit(
  _ handle: UnsafeMutablePointer<uv_process_t>?, _ status: Int64, _ signal: Int32
) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<ChildProcess>.fromOpaque(context).takeUnretainedValue()
    .processExited(ChildExit(code: status, signal: signal))
}

private func childDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<ChildProcess>.fromOpaque(context).takeRetainedValue().finishClose()
}

private func withOptionalCString<Result>(
  _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
  guard let text else { return body(nil) }
  return text.withCString { body($0) }
}

/// A NULL-terminated array of C strings.
private final class CStringArray {
  let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    pointer = .allocate(capacity: count + 1)
    for (index, string) in strings.enumerated() { pointer[index] = strdup(string) }
    pointer[count] = nil
  }

  deinit {
    for index in 0..<count { free(pointer[index]) }
    pointer.deallocate()
  }
}
