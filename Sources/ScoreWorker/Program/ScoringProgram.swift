import Competition
import Glibc

/// A child process that answers each line on its standard input with one on its standard output.
///
/// It leads a process group of its own, writes what it has to say to the worker's standard error,
/// gets the worker's environment without what leads to the database, and sees the end of its input
/// when the worker ends, however that ends. Its life: started with `init`, ended by `end()`, which
/// must be called.
final class ScoringProgram {
  /// The longest answer, bytes: a score or a reason.
  static let answerBytesMax = 64 << 10
  /// How long it may take to end by itself once its input is closed.
  private static let endGrace = Duration.seconds(1)
  private static let lookEvery = Duration.milliseconds(100)
  /// How often, 5 ms apart, an ending program is looked for.
  private static let exitLooksMax = 20

  private let processID: pid_t
  private let input: Int32
  private let output: Int32
  private let isStopped: () -> Bool
  private var received: [UInt8] = []
  private var hasEnded = false

  /// Starts it.
  ///
  /// - Parameters:
  ///   - command: the program, looked up on the PATH, and its arguments.
  ///   - isStopped: asked while waiting; true ends the wait.
  /// - Throws: `ProgramFault` of code `notStarted`.
  init(_ command: [String], isStopped: @escaping () -> Bool) throws(ProgramFault) {
    self.isStopped = isStopped
    let (inputRead, inputWrite) = try Self.pipe()
    let (outputRead, outputWrite): (Int32, Int32)
    do throws(ProgramFault) {
      (outputRead, outputWrite) = try Self.pipe()
    } catch {
      close(inputRead)
      close(inputWrite)
      throw error
    }
    let (code, id) = Self.spawn(command, input: inputRead, output: outputWrite)
    close(inputRead)
    close(outputWrite)
    (input, output, processID) = (inputWrite, outputRead, id)
    guard code == 0 else {
      close(inputWrite)
      close(outputRead)
      hasEnded = true
      throw ProgramFault(
        .notStarted, "\(command.first ?? ""): \(String(cString: strerror(code)))")
    }
    for end in [input, output] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
  }

  deinit { assert(hasEnded, "a ScoringProgram must be ended") }

  /// Sends a line and waits for the answer to it.
  ///
  /// - Parameters:
  ///   - line: with its line end.
  ///   - timeout: for both together.
  /// - Returns: the answer without its line end.
  /// - Throws: `ProgramFault`; the program is of no use then and must be ended.
  func ask(_ line: [UInt8], timeout: Duration) throws(ProgramFault) -> [UInt8] {
    let deadline = MonotonicInstant.now().advanced(by: timeout)
    guard received.isEmpty else { throw ProgramFault(.wrongAnswer, "it wrote without being asked") }
    var sent = 0
    while true {
      if sent < line.count { sent += try write(line, from: sent) }
      if let answer = try readLine() {
        guard sent == line.count else {
          throw ProgramFault(.wrongAnswer, "it answered before it had read the question")
        }
        return answer
      }
      try wait(forWriting: sent < line.count, until: deadline, timeout)
    }
  }

  /// Closes its input, and kills it and its group unless it ends soon.
  func end() {
    guard !hasEnded else { return }
    hasEnded = true
    close(input)
    close(output)
    var status: Int32 = 0
    let deadline = MonotonicInstant.now().advanced(by: Self.endGrace)
    while waitpid(processID, &status, WNOHANG) == 0 {
      if MonotonicInstant.now() >= deadline {
        kill(-processID, SIGKILL)
        kill(processID, SIGKILL)
        while waitpid(processID, &status, 0) == -1, errno == EINTR {}
        return
      }
      poll(nil, 0, 5)
    }
    // What it may have started itself.
    kill(-processID, SIGKILL)
  }

  private func write(_ line: [UInt8], from start: Int) throws(ProgramFault) -> Int {
    let count = line[start...].withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
    if count >= 0 { return count }
    guard [EAGAIN, EINTR].contains(errno) else { throw ended() }
    return 0
  }

  /// The answer's line, if all of it is there.
  private func readLine() throws(ProgramFault) -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      if let end = received.firstIndex(of: 0x0A) {
        let line = Array(received[..<end])
        received.removeSubrange(...end)
        return line
      }
      guard received.count <= Self.answerBytesMax else {
        throw ProgramFault(.wrongAnswer, "more than \(Self.answerBytesMax) bytes")
      }
      let count = chunk.withUnsafeMutableBytes { read(output, $0.baseAddress, $0.count) }
      if count > 0 { received += chunk[..<count] }
      if count == 0 { throw ended() }
      if count < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { throw ended() }
        return nil
      }
    }
  }

  private func wait(
    forWriting: Bool, until deadline: MonotonicInstant, _ timeout: Duration
  ) throws(ProgramFault) {
    let left = deadline.since(.now())
    guard left > .zero else { throw ProgramFault(.timedOut, "nothing for \(timeout.text)") }
    if isStopped() { throw ProgramFault(.stopped, "the worker is stopping") }
    var ends = [pollfd(fd: output, events: Int16(POLLIN), revents: 0)]
    if forWriting { ends.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
    let millis = Int32(clamping: min(left, Self.lookEvery).milliseconds + 1)
    _ = poll(&ends, nfds_t(ends.count), millis)
  }

  private func ended() -> ProgramFault {
    var info = siginfo_t()
    // Its pipes close a moment before it can be asked for. Left for `end()` to reap.
    for _ in 0..<Self.exitLooksMax {
      _ = waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT | WNOHANG)
      if info.si_signo == SIGCHLD { break }
      poll(nil, 0, 5)
    }
    guard info.si_signo == SIGCHLD else {
      return ProgramFault(.ended, "it closed its input or its output")
    }
    let isExit = info.si_code == Int32(CLD_EXITED)
    let status = info._sifields._sigchld.si_status
    return ProgramFault(.ended, isExit ? "exit code \(status)" : "signal \(status)")
  }

  private static func pipe() throws(ProgramFault) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else {
      throw ProgramFault(.notStarted, "no pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ command: [String], input: Int32, output: Int32
  ) -> (code: Int32, id: pid_t) {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    // The worker ignores these; its child must not.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGPIPE, SIGTERM, SIGINT] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var unblocked = sigset_t()
    sigemptyset(&unblocked)
    posix_spawnattr_setsigmask(&attributes, &unblocked)
    let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let words = command.map { strdup($0) } + [nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer { (words + variables).forEach { free($0) } }
    var id: pid_t = -1
    let code = posix_spawnp(&id, command.first ?? "", &actions, &attributes, words, variables)
    return (code, id)
  }

  /// Ours without the way to the database.
  private static var environment: [String] {
    var variables: [String] = []
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if !["POSTGRES_", "PG"].contains(where: text.hasPrefix) { variables.append(text) }
      next += 1
    }
    return variables
  }
}
