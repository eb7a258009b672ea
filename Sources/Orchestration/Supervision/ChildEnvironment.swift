/// The environment variables that children get: never all of ours, which may hold passwords.
enum ChildEnvironment {
  private static let common = ["HOME", "LANG", "LC_ALL", "PATH", "TZ"]
  private static let pip = [
    "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR",
    "SSL_CERT_FILE", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
  ]

  /// What a model sees; with a virtual environment, that comes first in its `PATH`.
  static func model(_ ours: [String: String], virtualEnvironment: String?) -> [String: String] {
    var result = ours.filter { common.contains($0.key) }
    let path = result["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    result["PATH"] = virtualEnvironment.map { "\($0)/bin:\(path)" } ?? path
    result["PYTHONUNBUFFERED"] = "1"
    if let virtualEnvironment { result["VIRTUAL_ENV"] = virtualEnvironment }
    return result
  }

  /// What pip sees: its own settings, proxies and certificates besides.
  static func installer(_ ours: [String: String]) -> [String: String] {
    var result = ours.filter { name, _ in
      common.contains(name) || name.hasPrefix("PIP_") || pip.contains(name.uppercased())
    }
    result["PATH"] = result["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    result["PYTHONUNBUFFERED"] = "1"
    return result
  }
}
