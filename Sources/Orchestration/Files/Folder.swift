import Glibc

/// Paths, and what lies at them.
enum Folder {
  /// `path` itself when absolute, else below `base`; `~/` is the home folder.
  static func resolve(_ path: String, against base: String, home: String? = nil) -> String {
    if path.hasPrefix("/") { return path }
    if path.hasPrefix("~/"), let home { return home + path.dropFirst(1) }
    if path.isEmpty || path == "." { return base }
    let trimmed = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    return base.hasSuffix("/") ? base + trimmed : base + "/" + trimmed
  }

  /// The folder that the file at `path` lies in: `.` for a bare name.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The path of this program.
  static func ownProgram() -> String { real("/proc/self/exe") }

  /// The home folder of this process's user, as the system knows it.
  static func home() -> String {
    guard let entry = getpwuid(geteuid()), let path = entry.pointee.pw_dir else { return "/" }
    return String(cString: path)
  }

  /// The working folder of this process, absolute.
  static func working() -> String {
    guard let raw = getcwd(nil, 0) else { return "." }
    defer { free(raw) }
    return String(cString: raw)
  }

  /// The absolute form of `path`, seen from the working folder.
  static func absolute(_ path: String) -> String { resolve(path, against: working()) }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func isFolder(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

  static func isFile(_ path: String) -> Bool { mode(of: path) == S_IFREG }

  /// Makes the folder and those above it; those that exist are left as they are.
  static func make(_ path: String) throws(FileError) {
    if isFolder(path) { return }
    let above = parent(of: path)
    if above != path, above != "." { try make(above) }
    if mkdir(path, 0o755) != 0, errno != EEXIST {
      throw FileError(errno: errno, during: "make the folder \(path)")
    }
    guard isFolder(path) else {
      throw FileError("something else has this name", during: "make the folder \(path)")
    }
  }

  /// Whether files can be made in the folder.
  static func isWritable(_ path: String) -> Bool { access(path, W_OK | X_OK) == 0 }

  /// Whether the path is a file that may be executed.
  static func isExecutable(_ path: String) -> Bool { isFile(path) && access(path, X_OK) == 0 }

  /// The path with all symbolic links followed; the path itself when that can't be done.
  static func real(_ path: String) -> String {
    guard let raw = realpath(path, nil) else { return path }
    defer { free(raw) }
    return String(cString: raw)
  }

  /// The names in the folder, sorted; empty when it can't be read.
  static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = name(of: entry)
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The name of a folder's entry.
  static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
  }

  private static func mode(of path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }
}
