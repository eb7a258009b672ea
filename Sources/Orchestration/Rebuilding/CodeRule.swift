/// Which entries of a submission's folder are its code.
///
/// A model may write into its folder, and must not restart itself by it: data (`.json`, `.csv`,
/// `.pkl`, …) isn't code, unless every file counts.
struct CodeRule: Hashable {
  /// Whether every file counts that isn't hidden, temporary or made by Python.
  let countsEverything: Bool

  private static let endings = [
    ".py", ".pyi", ".pyx", ".so", ".sh", ".toml", ".cfg", ".ini", ".yml", ".yaml",
  ]
  private static let leftOutFolders: Set<String> = [
    "__pycache__", "node_modules", "site-packages", "venv",
  ]
  private static let leftOutEndings = [
    "~", ".pyc", ".pyo", ".swp", ".swx", ".tmp", ".new", ".orig", ".bak", ".log",
  ]

  /// Whether what lies below the folder counts.
  func enters(_ name: String) -> Bool {
    !name.hasPrefix(".") && !Self.leftOutFolders.contains(name) && !name.hasSuffix(".egg-info")
  }

  /// Whether the file counts; an executable one is a native model's program.
  func counts(_ name: String, isExecutable: Bool) -> Bool {
    // `4913` is what vim tries a folder's rights with.
    if name.hasPrefix(".") || name.hasPrefix("#") || name == "4913" { return false }
    if Self.leftOutEndings.contains(where: name.hasSuffix) { return false }
    if countsEverything || isExecutable { return true }
    if name.hasPrefix("requirements"), name.hasSuffix(".txt") { return true }
    return Self.endings.contains(where: name.hasSuffix)
  }
}
