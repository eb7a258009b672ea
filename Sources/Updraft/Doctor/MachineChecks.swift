import Competition
import Configuration
import EventLoop
import Glibc
import ServiceRuntime

/// The checks of this machine: disk, descriptors, programs, Python.
enum MachineChecks {
  /// Descriptors beside those of models: database, orchestrator, prices, logs, spool, spare.
  private static let otherDescriptorCount = 64

  /// The space of the spool's folder, or of the nearest folder above that exists.
  static func spool(_ settings: SpoolSettings) -> CheckRow {
    let name = "spool"
    var folder = settings.directory
    while access(folder, F_OK) != 0, let slash = folder.lastIndex(of: "/"), folder != "/" {
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
    if access(folder, F_OK) != 0 { folder = "." }
    guard access(folder, W_OK | X_OK) == 0 else {
      return .failure(
        name, "\(folder) can't be written: \(String(cString: strerror(errno)))",
        remedy: "give this user the folder, or set spool.dir to another one")
    }
    var space = statvfs()
    guard statvfs(folder, &space) == 0 else {
      return .failure(
        name, "\(folder): \(String(cString: strerror(errno)))", remedy: "set spool.dir to another one")
    }
    let free = Int(clamping: UInt64(space.f_bavail) &* UInt64(space.f_frsize))
    let finding = "\(settings.directory): \(ByteCountText.describe(free)) are free"
    guard free >= settings.bytesMax else {
      return .warning(
        name, "\(finding), and it may take \(ByteCountText.describe(settings.bytesMax))",
        remedy: "free space, or lower spool.bytes_max")
    }
    return .ok(name, finding)
  }

  /// The limit of open files against the models that may be connected.
  static func descriptors(modelsMax: Int) -> CheckRow {
    let limit = DescriptorLimit.raise()
    let needed = modelsMax + otherDescriptorCount
    let finding = "\(limit) open files are allowed, \(modelsMax) models need \(needed)"
    return limit >= needed
      ? .ok("descriptors", finding)
      : .warning(
        "descriptors", finding,
        remedy: "raise the limit (ulimit -Hn, LimitNOFILE=), or lower limits.models_max")
  }

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
