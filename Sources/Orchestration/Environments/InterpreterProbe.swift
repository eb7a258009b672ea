import Competition
import EventLoop
import Glibc

/// Asks a Python interpreter who it is: its path and version, which every environment depends on.
final class InterpreterProbe {
  /// The first version that the model runner supports.
  static let oldest = (major: 3, minor: 11)
  private static let timeout: Duration = .seconds(20)
  private static let question =
    "import sys, venv, ensurepip; print(sys.executable, '%d.%d.%d' % sys.version_info[:3])"

  private var child: ChildProcess?
  private var timer: LoopTimer?
  private var lines = OutputTail()
  private var answer: String?

  /// Starts the interpreter; `ended` gets `path version`, once, after the child has gone.
  ///
  /// - Throws: `EnvironmentError` when it can't be started; `ended` isn't called then.
  init(
    _ python: String, environment: [String: String], on loop: Loop,
    ended: @escaping (Result<String, EnvironmentError>) -> Void
  ) throws(EnvironmentError) {
    let doing = "ask \(python) for its version"
    var options = ChildProcessOptions(executable: python, arguments: ["-c", Self.question])
    options.environment = environment
    do {
      child = try ChildProcess.start(options, on: loop) { [weak self] line in
        self?.lines.add(line)
        self?.answer = line
      } exited: { exit in
        self.close()
        ended(self.result(exit, doing))
      }
    } catch {
      throw EnvironmentError(during: doing, "\(error); install Python or set python")
    }
    timer = LoopTimer(on: loop) { [weak self] in self?.child?.send(SIGKILL) }
    timer?.arm(after: Self.timeout)
  }

  func cancel() { child?.send(SIGKILL) }

  private func close() {
    timer?.close()
    timer = nil
    child = nil
  }

  private func result(_ exit: ChildExit, _ doing: String) -> Result<String, EnvironmentError> {
    guard exit.isSuccess, let answer, let version = answer.split(separator: " ").last else {
      let said = lines.explanation
      let hint = said.contains("venv") || said.contains("ensurepip") ? "; install python3-venv" : ""
      return .failure(
        EnvironmentError(during: doing, (said.isEmpty ? "the process \(exit)" : said) + hint))
    }
    let parts = version.split(separator: ".").compactMap { Int($0) }
    guard parts.count >= 2, (parts[0], parts[1]) >= Self.oldest else {
      return .failure(
        EnvironmentError(
          during: doing, "it is \(version), 3.11 or later is needed; set python to another one"))
    }
    return .success(answer)
  }
}
