import Competition
import Yams

/// Reads `api` of `orchestrator.yml`.
struct APIForm {
  /// The folder that relative paths start from.
  let base: String
  let home: String?

  /// Nil when there is no such section, or a wrong one, which is then noted.
  func read(_ root: SettingReader) -> APISettings? {
    guard let reader = root.mapping("api") else { return nil }
    defer { reader.refuseUnknownKeys() }
    var settings = APISettings()
    readAddress(reader, &settings)
    if let path = reader.text("token-file") {
      settings.tokenFile = Folder.resolve(path, against: base, home: home)
    }
    if !settings.isLoopback, settings.tokenFile == nil {
      reader.fail(
        "listen",
        "\(settings.address) can be reached from other machines: set api.token-file, or listen at"
          + " 127.0.0.1")
    }
    settings.origins = reader.texts("origins") ?? []
    for origin in settings.origins where !isOrigin(origin) {
      reader.fail("origins", "must be origins such as http://localhost:3000, got \(origin)")
    }
    settings.hosts = (reader.texts("hosts") ?? []).map { $0.lowercased() }
    for host in settings.hosts where host.isEmpty || host.contains(where: { "/:* ".contains($0) }) {
      reader.fail("hosts", "must be names without port, got \(host)")
    }
    readLimits(reader, &settings)
    return settings
  }

  private func readAddress(_ reader: SettingReader, _ settings: inout APISettings) {
    guard let text = reader.text("listen") else { return }
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else {
      return reader.fail("listen", "must be an address such as 127.0.0.1:8001, got \(text)")
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard host == "localhost" || NumericAddress.isValid(host) else {
      return reader.fail(
        "listen", "must begin with a numeric address or localhost, got \(text)")
    }
    (settings.host, settings.port) = (host, port)
  }

  private func isOrigin(_ text: String) -> Bool {
    guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
    let rest = text.dropFirst(scheme.count)
    return !rest.isEmpty && !rest.contains { "/*? ".contains($0) }
  }

  private func readLimits(_ reader: SettingReader, _ settings: inout APISettings) {
    let sizes: [(String, WritableKeyPath<APISettings, Int>)] = [
      ("upload-bytes-max", \.uploadBytesMax), ("file-bytes-max", \.fileBytesMax),
    ]
    for (key, path) in sizes {
      guard let text = reader.text(key) else { continue }
      guard let bytes = ByteCountText.parse(text), (1...(1 << 30)).contains(bytes) else {
        reader.fail(key, "must be a size of at most 1GiB such as 64MiB, got \(text)")
        continue
      }
      settings[keyPath: path] = bytes
    }
    if let count = reader.integer("files-max", in: 1...1_000) { settings.filesMax = count }
    if let count = reader.integer("models-max", in: 0...1_000) { settings.modelsMax = count }
    if let count = reader.integer("followers-max", in: 1...1_000) {
      settings.followersMax = count
    }
    if let time = reader.duration("upload-timeout") { settings.uploadTimeout = time }
  }
}
