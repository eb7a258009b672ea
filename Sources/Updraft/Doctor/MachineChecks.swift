import Competition
import Settings
import EventLoop
import Glibc
import ServiceRuntime

/// The checks of this machine: disk, descriptors, programs, Python.
enum MachineChecks {
  /// The programs of a game: beside this one or on the PATH.
  static func programs() -> [CheckRow] {
    ["predict-worker", "model-orchestrator"].map { program in
      guard let path = ProgramPath.sibling(program) else {
        return .failure(
          "programs", "\(program) is neither beside updraft nor on the PATH",
          remedy: "run `make install`, or add its folder to the PATH")
      }
      return .ok("programs", path)
    }
  }

  /// The interpreter that Python models run with.
  static func python() async -> CheckRow {
    let name = "python"
    guard let path = ProgramPath.onPath("python3") else {
      return .warning(
        name, "there is no python3 on the PATH: Python models can't run here",
        remedy: "apt-get install python3 python3-venv")
    }
    let question = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3])"
    do {
      let answer = try await ChildCapture.run(
        ChildProcessOptions(executable: path, arguments: ["-c", question]), timeout: .seconds(10))
      if answer.exit.isSuccess, let version = answer.lines.first {
        return .ok(name, "\(path) is Python \(version) with venv")
      }
      return .warning(
        name, "\(path) can't make virtual environments: \(answer.lines.last ?? "\(answer.exit)")",
        remedy: "apt-get install python3-venv")
    } catch {
      return .warning(name, "\(error)", remedy: "apt-get install python3 python3-venv")
    }
  }
}
