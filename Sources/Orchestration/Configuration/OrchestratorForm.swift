import Identity
import Yams

/// Reads the sections of `orchestrator.yml` one by one.
struct OrchestratorForm {
  private let root: SettingReader
  private let notes: ReadingNotes
  private let base: String
  private var home: String? { notes.environment["HOME"] }

  init(_ root: SettingReader, notes: ReadingNotes) {
    self.root = root
    self.notes = notes
    base = Folder.absolute(Folder.parent(of: notes.file))
  }

  func read() -> OrchestratorConfiguration? {
    var ignored: [String] = []
    let level = readLogging(&ignored)
    let infrastructure = root.mapping("infrastructure")
    if !root.has("infrastructure") { root.fail("infrastructure", "is missing") }
    let publishers = infrastructure.map { readPublishers($0, &ignored) } ?? []
    let form = RunnerForm(notes: notes, base: base)
    let runner = form.read(infrastructure?.mapping("runner"), top: root, &ignored)
    if infrastructure?.has("database") == true {
      ignored.append("infrastructure.database: no database is kept; models.yml is the state")
    }
    infrastructure?.refuseUnknownKeys()
    let watcher = readWatcher()
    let crunches = readCrunches(&ignored)
    let ownership = readVerifier()
    let api = APIForm(base: base, home: home).read(root)
    readIgnored(&ignored)
    let metrics = root.text("metrics-file").map {
      Folder.resolve($0, against: base, home: home)
    }
    let quarantine = root.flag("can-place-in-quarantine") ?? true
    root.refuseUnknownKeys()
    guard let watcher else { return nil }
    return OrchestratorConfiguration(
      file: notes.file, logLevel: level, publishers: publishers, runner: runner,
      watchInterval: watcher.interval, modelsFile: watcher.path, registry: watcher.registry,
      ownership: ownership, api: api, crunches: crunches, canPlaceInQuarantine: quarantine,
      metricsFile: metrics, ignored: ignored)
  }

  private func readLogging(_ ignored: inout [String]) -> LoggingLevel? {
    guard let logging = root.mapping("logging") else { return nil }
    if logging.has("file") {
      ignored.append("logging.file: log lines go to standard error, each model's to its own file")
      logging.mapping("file")?.accept("path")
    }
    defer { logging.refuseUnknownKeys() }
    guard let text = logging.text("level") else { return nil }
    let level = LoggingLevel(rawValue: text.lowercased())
    if level == nil {
      let allowed = LoggingLevel.allCases.map(\.rawValue).joined(separator: ", ")
      logging.fail("level", "must be one of \(allowed), got \(text)")
    }
    return level
  }

  private func readPublishers(
    _ infrastructure: SettingReader, _ ignored: inout [String]
  ) -> [PublisherSettings] {
    var publishers: [PublisherSettings] = []
    var failed = false
    for (index, node) in infrastructure.list("publishers").enumerated() {
      let path = "infrastructure.publishers[\(index)]"
      guard let entry = SettingReader(node, path: path, notes: notes) else {
        failed = true
        continue
      }
      switch entry.required("type") {
      case "websocket":
        publishers.append(readPublisher(entry))
        entry.refuseUnknownKeys()
      case "rabbitmq":
        entry.accept("url")
        entry.refuseUnknownKeys()
        ignored.append("\(path): RabbitMQ isn't published to")
      case let other:
        failed = true
        if let other { entry.fail("type", "must be websocket, got \(other)") }
      }
    }
    if publishers.isEmpty, !failed {
      infrastructure.fail("publishers", "needs an entry with type: websocket")
    }
    return publishers
  }

  private func readPublisher(_ entry: SettingReader) -> PublisherSettings {
    var settings = PublisherSettings()
    if let address = entry.text("address") {
      switch address {
      case "localhost": settings.host = "127.0.0.1"
      case "", "*": settings.host = "0.0.0.0"
      default:
        settings.host = address
        if !NumericAddress.isValid(address) {
          entry.fail("address", "must be a numeric address such as 127.0.0.1, got \(address)")
        }
      }
    }
    if let port = entry.integer("port", in: 0...65_535) { settings.port = UInt16(port) }
    if entry.has("ping-interval"), let seconds = entry.duration("ping-interval", aboveZero: false) {
      settings.pingInterval = seconds == .zero ? nil : seconds
    }
    if let timeout = entry.duration("ping-timeout") { settings.pingTimeout = timeout }
    settings.tokenFile = entry.text("token-file").map {
      Folder.resolve($0, against: base, home: home)
    }
    return settings
  }

  /// `watcher`: how often, and the file or the registry that lists the models.
  private func readWatcher() -> Watcher? {
    var result = Watcher(path: Folder.resolve("models.yml", against: base))
    guard let watcher = root.mapping("watcher") else { return result }
    defer { watcher.refuseUnknownKeys() }
    if let interval = watcher.duration("interval") { result.interval = interval }
    guard let poller = watcher.mapping("poller") else { return result }
    poller.accept("path")
    defer { poller.refuseUnknownKeys() }
    switch poller.text("type") ?? "yaml" {
    case "yaml":
      guard let path = poller.required("path") else { return nil }
      result.path = Folder.resolve(path, against: base, home: home)
    case "onchain": result.registry = readRegistry(poller)
    case let other: poller.fail("type", "must be yaml or onchain, got \(other)")
    }
    return result
  }

  private func readRegistry(_ poller: SettingReader) -> RegistrySettings {
    var settings = RegistrySettings(
      stateFile: Folder.resolve(
        poller.text("state-file") ?? "registry-state.json", against: base, home: home))
    if let url = poller.text("url") {
      settings.url = url
      if !["http://", "https://"].contains(where: { url.lowercased().hasPrefix($0) }) {
        poller.fail("url", "must begin with http:// or https://")
      } else if url.contains("?") || url.contains("#") {
        poller.fail("url", "must be an address without ? and #; /models/states is added to it")
      }
    }
    if let timeout = poller.duration("timeout") { settings.timeout = timeout }
    return settings
  }

  /// `signature-verifier`: the key of submissions' signatures.
  private func readVerifier() -> OwnershipSettings? {
    guard let verifier = root.mapping("signature-verifier") else { return nil }
    defer { verifier.refuseUnknownKeys() }
    let ageMax = verifier.duration("max-age")
    guard let text = verifier.required("public-key") else { return nil }
    guard let key = WalletPublicKey(hex: text) else {
      verifier.fail(
        "public-key",
        "must be an ed25519 public key, 64 hexadecimal digits, got \(text.count)"
          + " characters that are none")
      return nil
    }
    return OwnershipSettings(publicKey: key, ageMax: ageMax)
  }

  private func readCrunches(_ ignored: inout [String]) -> [CrunchSettings] {
    var crunches: [CrunchSettings] = []
    let entries = root.list("crunches")
    if entries.isEmpty { root.fail("crunches", "needs at least one entry with an id") }
    for (index, node) in entries.enumerated() {
      let path = "crunches[\(index)]"
      guard let entry = SettingReader(node, path: path, notes: notes) else { continue }
      if entry.has("run-schedule") {
        ignored.append("\(path).run-schedule: models run all the time")
      }
      if let zone = entry.mapping("infrastructure")?.text("zone"), zone != "local" {
        ignored.append("\(path).infrastructure.zone: models run on this machine, not in \(zone)")
      }
      entry.accept("network-config", "infrastructure", "run-schedule")
      if let id = entry.required("id") {
        if crunches.contains(where: { $0.id == id }) { entry.fail("id", "\(id) is there twice") }
        crunches.append(
          CrunchSettings(
            id: id, name: entry.text("name"), onchainName: entry.text("onchain-name")))
      }
      entry.accept("id", "name", "onchain-name")
      entry.refuseUnknownKeys()
    }
    return crunches
  }

  private func readIgnored(_ ignored: inout [String]) {
    if root.has("tournament-api-url") {
      ignored.append("tournament-api-url: names come from models.yml")
    }
    if root.flag("use-augmented-info") == true {
      ignored.append("use-augmented-info: names come from models.yml")
    }
  }
}

/// What `watcher` says.
private struct Watcher {
  var interval: Duration = .seconds(10)
  var path: String
  var registry: RegistrySettings?
}
