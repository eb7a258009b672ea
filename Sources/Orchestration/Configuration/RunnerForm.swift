import Competition
import Yams

/// Reads `infrastructure.runner` and our additions to it.
struct RunnerForm {
  let notes: ReadingNotes
  /// The folder that relative paths start from.
  let base: String
  private var home: String? { notes.environment["HOME"] }

  /// `runner` is the section; our additions may also stand at the file's `top`.
  func read(
    _ runner: SettingReader?, top: SettingReader, _ ignored: inout [String]
  ) -> RunnerSettings {
    var settings = RunnerSettings()
    settings.environmentsFolder = environmentsFolder()
    settings.baseFolder = base
    if let runner {
      if let type = runner.text("type"), type != "local" {
        runner.fail("type", "must be local, got \(type)")
      }
      readFolders(runner, &settings)
      readLimits(runner, &settings)
      settings.front = FrontForm.read(runner, base: base, home: home)
      if let limits = runner.mapping("limits") { settings.limits = IsolationForm.limits(limits) }
      settings.user = IsolationForm.runAs(runner)
      readAdditions(runner, &settings)
      if runner.has("docker-network-name"), runner.text("docker-network-name") != "null" {
        ignored.append("\(runner.setting("docker-network-name")): models run without Docker")
      }
      runner.refuseUnknownKeys()
    }
    readAdditions(top, &settings)
    let resolved = { Folder.resolve($0, against: base, home: home) }
    settings.submissionPathFormat = resolved(settings.submissionPathFormat)
    settings.resourcePathFormat = resolved(settings.resourcePathFormat)
    settings.homePathFormat = resolved(settings.homePathFormat)
    settings.logsFolder = resolved(settings.logsFolder)
    settings.processesFile =
      settings.processesFile.isEmpty
      ? settings.logsFolder + "/model-processes.txt" : resolved(settings.processesFile)
    settings.environmentsFolder = resolved(settings.environmentsFolder)
    if settings.python.contains("/") { settings.python = resolved(settings.python) }
    return settings
  }

  private func readFolders(_ runner: SettingReader, _ settings: inout RunnerSettings) {
    if let format = runner.text("submission-storage-path-format") {
      settings.submissionPathFormat = checkedFormat(
        format, "submission-storage-path-format", runner)
    }
    if let format = runner.text("resource-storage-path-format") {
      settings.resourcePathFormat = checkedFormat(format, "resource-storage-path-format", runner)
    }
    if let format = runner.text("home-storage-path-format") {
      settings.homePathFormat = checkedFormat(format, "home-storage-path-format", runner)
    }
    if let file = runner.text("processes-file") { settings.processesFile = file }
    if let folder = runner.text("logs") { settings.logsFolder = folder }
    if let folder = runner.text("environments") { settings.environmentsFolder = folder }
    if let packages = runner.texts("packages") {
      settings.packages = packages.map(package)
      for name in settings.packages where name.isEmpty || name.hasPrefix("-") {
        runner.fail("packages", "must name packages or folders, not options, got \"\(name)\"")
      }
    }
  }

  private func checkedFormat(_ format: String, _ key: String, _ runner: SettingReader) -> String {
    if !format.contains("{id}") { runner.fail(key, "must contain {id}, got \(format)") }
    return format
  }

  /// A package that looks like a path is one; it is taken from the file's folder.
  private func package(_ text: String) -> String {
    let isPath = text.hasPrefix(".") || text.hasPrefix("/") || text.hasPrefix("~/")
    return isPath ? Folder.resolve(text, against: base, home: home) : text
  }

  private func readLimits(_ runner: SettingReader, _ settings: inout RunnerSettings) {
    if let timeout = runner.duration("environment-timeout") {
      settings.environmentTimeout = timeout
    }
    if let timeout = runner.duration("start-timeout") { settings.startTimeout = timeout }
    if let count = runner.integer("starts-max", in: 1...1_000) { settings.startsMax = count }
    if let count = runner.integer("crashes-max", in: 0...1_000) {
      settings.crashesMax = count == 0 ? nil : count
    }
    guard let text = runner.text("ports") else { return }
    let ends = text.split(separator: "-").map { UInt16($0) }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low > 0, low <= high else {
      return runner.fail("ports", "must be two ports such as 20000-29999, got \(text)")
    }
    settings.ports = low...high
  }

  /// Our additions; they may stand beside the runner's settings or at the top.
  private func readAdditions(_ reader: SettingReader, _ settings: inout RunnerSettings) {
    if let python = reader.text("python") { settings.python = python }
    if let isolation = IsolationForm.isolation(reader) { settings.isolation = isolation }
    if let mode = reader.rebuildMode("rebuild") ?? reader.rebuildMode("rebuild-mode") {
      settings.rebuild = mode
    }
  }

  private func environmentsFolder() -> String {
    if let cache = notes.environment["UPDRAFT_CACHE"], !cache.isEmpty {
      return Folder.absolute(cache) + "/environments"
    }
    return (home ?? "/tmp") + "/.cache/updraft/environments"
  }
}
