import Glibc

/// What a sandboxed model sees of the file system besides the system itself.
struct SandboxView: Hashable {
  /// Folders that are empty for the model: other submissions, homes, sockets, logs.
  var hidden: [String] = []
  /// What is shown nevertheless, read-only.
  var shown: [String] = []

  init(hidden: [String] = [], shown: [String] = []) {
    self.hidden = hidden
    self.shown = shown
  }

  /// The view of a model that needs `needed` and its virtual environment.
  init(_ settings: RunnerSettings, showing needed: [String], virtualEnvironment: String?) {
    let ours =
      [
        Self.fixedPart(of: settings.submissionPathFormat),
        Self.fixedPart(of: settings.resourcePathFormat), settings.logsFolder,
        settings.environmentsFolder, settings.baseFolder, Folder.home(),
      ] + Self.others
    let allowed = Set(ours.filter { !Self.system.contains($0) })
    hidden = allowed.filter { path in
      !allowed.contains { $0 != path && BubblewrapCommand.covers($0, path) }
    }.sorted()
    shown = needed + [Folder.real("/etc/resolv.conf")]
    if let virtualEnvironment {
      // The interpreter may have been installed into somebody's home.
      let python = Folder.real(virtualEnvironment + "/bin/python")
      shown += [virtualEnvironment, Folder.parent(of: Folder.parent(of: python))]
    }
    let places = hidden + [BubblewrapCommand.home]
    shown.removeAll { path in !places.contains { BubblewrapCommand.covers($0, path) } }
  }

  /// Where sockets, homes and other people's files are.
  private static let others = ["/home", "/root", "/run", "/var/tmp", "/mnt", "/media", "/srv"]
  /// Without these no program starts.
  private static let system: Set<String> = [
    "/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/sbin", "/sys", "/tmp", "/usr",
    "/usr/bin", "/usr/lib", "/usr/local", "/var",
  ]

  /// The folder above the first `{id}` of a path.
  private static func fixedPart(of format: String) -> String {
    let start = format.split(separator: "{id}", omittingEmptySubsequences: false).first ?? ""
    return Folder.parent(of: String(start) + "x")
  }
}
