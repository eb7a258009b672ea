import Glibc

/// Where programs are on this machine.
enum ProgramPath {
  /// This program's own file.
  static var own: String {
    guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
    defer { free(path) }
    return String(cString: path)
  }

  /// Finds a program of this package: beside this one, else on the PATH.
  static func sibling(_ name: String) -> String? {
    let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    let beside = "\(folder)/\(name)"
    return access(beside, X_OK) == 0 ? beside : onPath(name)
  }

  /// Finds a program on the PATH.
  static func onPath(_ name: String) -> String? {
    let path = ProcessEnvironment.all["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}
