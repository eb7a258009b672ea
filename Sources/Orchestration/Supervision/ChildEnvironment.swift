/// The environment variables that children get: never all of ours, which may hold passwords.
enum ChildEnvironment {
  private static let common = ["HOME", "LANG", "LC_ALL", "PATH", "TZ"]
  private static let pip = [
    "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR",
    "SSL_CERT_FILE", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
  ]

  private static let path = "/usr/local/bin:/usr/bin:/bin"

  /// What a model sees; with a virtual environment, that comes first in its `PATH`. `home` is its
  /// own place for files; nil leaves it ours.
  static func model(
    _ ours: [String: String], virtualEnvironment: String?, home: String?
  ) -> [String: String] {
    var result = ours.filter { common.contains($0.key) }
    let path = result["PATH"] ?? Self.path
    result["PATH"] = virtualEnvironment.map { "\($0)/bin:\(path)" } ?? path
    if let home { result.merge(["HOME": home, "TMPDIR": home]) { $1 } }
    result["PYTHONUNBUFFERED"] = "1"
    if let virtualEnvironment { result["VIRTUAL_ENV"] = virtualEnvironment }
    return result
  }

  /// What pip sees: its own settings, proxies and certificates besides. As another user it has no
  /// home, and so no cache in which one submission could leave something for the next.
  static func installer(
    _ ours: [String: String], asAnotherUser: Bool = false
  ) -> [String: String] {
    var result = ours.filter { name, _ in
      common.contains(name) || name.hasPrefix("PIP_") || pip.contains(name.uppercased())
    }
    result["PATH"] = result["PATH"] ?? Self.path
    result["PYTHONUNBUFFERED"] = "1"
    if asAnotherUser { result.merge(["HOME": "/nonexistent", "PIP_NO_CACHE_DIR": "1"]) { $1 } }
    return result
  }
}
