/// The command line of bubblewrap for one model.
///
/// Own namespaces for users, processes, mounts, IPC, host name and cgroups; the network is the
/// host's, since coordinators must reach the model's port.
struct BubblewrapCommand {
  /// The program, as it is found on our own `PATH`.
  static let program = "bwrap"
  /// Where a model may write: gone with it.
  static let home = "/tmp"

  let view: SandboxView
  /// What the model may write, bytes; kept in memory.
  let writableBytesMax: Int

  func words(for program: [String], in folder: String?) -> [String] {
    var words = [
      Self.program, "--unshare-all", "--share-net", "--die-with-parent", "--ro-bind", "/", "/",
      "--dev", "/dev", "--proc", "/proc", "--size", "\(writableBytesMax)", "--tmpfs", Self.home,
      // Shared memory is a way to write, too.
      "--size", "\(writableBytesMax)", "--tmpfs", "/dev/shm",
    ]
    let hidden = view.hidden.filter { !Self.covers(Self.home, $0) && Folder.isFolder($0) }
    for path in hidden { words += ["--size", "65536", "--tmpfs", path] }
    for path in view.shown where Folder.exists(path) { words += ["--ro-bind", path, path] }
    for path in hidden { words += ["--remount-ro", path] }
    words += ["--setenv", "HOME", Self.home, "--setenv", "TMPDIR", Self.home]
    if let folder { words += ["--chdir", folder] }
    return words + ["--"] + program
  }

  /// Whether `folder` is `path` or above it.
  static func covers(_ folder: String, _ path: String) -> Bool {
    path == folder || path.hasPrefix(folder + "/")
  }
}
