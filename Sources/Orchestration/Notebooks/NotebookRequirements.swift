/// What a notebook's environment needs besides what every model gets.
///
/// An import whose package isn't known is named and not installed: a package index gives any name
/// to whoever takes it first, so a guess could install a stranger's code.
struct NotebookRequirements {
  /// What its owner should know.
  private(set) var warnings: [String] = []

  private struct Wish {
    var package: String?
    /// Extras and versions: `[big]>=1`.
    var rest = ""
  }

  private var imports: [(module: String, wish: Wish)] = []
  private var installations: [(package: String, rest: String)] = []

  /// Takes an import and the comment behind it: `# == 1.2`, `# named-package [extra] >= 1`,
  /// `# @latest`, `# @ignore`.
  ///
  /// - Throws: `NotebookFault` when the same module is asked for differently.
  mutating func addImport(_ statement: String, comment: String?) throws(NotebookFault) {
    guard let wish = wish(comment ?? "") else { return }
    for module in PythonImport.modules(of: statement) {
      guard let index = imports.firstIndex(where: { $0.module == module }) else {
        imports.append((module, wish))
        continue
      }
      let known = imports[index].wish
      let isOther =
        known.package != nil && wish.package != nil && known.package != wish.package
        || !known.rest.isEmpty && !wish.rest.isEmpty && known.rest != wish.rest
      guard !isOther else {
        throw NotebookFault("\(module) is imported with different versions or packages")
      }
      imports[index].wish.package = known.package ?? wish.package
      if known.rest.isEmpty { imports[index].wish.rest = wish.rest }
    }
  }

  /// Takes one of Jupyter's lines; others than pip's installations say nothing here.
  mutating func addInstallation(_ command: String) {
    let words = command.drop { "!%".contains($0) }.split(whereSeparator: \.isWhitespace)
    guard let verb = words.firstIndex(of: "install"),
      words[..<verb].contains(where: { ["pip", "pip3"].contains($0) })
    else { return }
    var rest = words[(verb + 1)...]
    while let word = rest.popFirst() {
      if ["&&", ";", "|", ">", "2>&1", "#"].contains(word) || word.hasPrefix(">") { return }
      if word.hasPrefix("-") {
        let takesValue = [
          "-r", "-c", "-i", "-e", "-t", "-f", "--requirement", "--constraint", "--index-url",
          "--extra-index-url", "--editable", "--target", "--find-links",
        ].contains(word)
        if takesValue, let value = rest.popFirst() {
          warnings.append("not taken over from pip install: \(word) \(value)")
        }
        continue
      }
      let text = word.filter { $0 != "\"" && $0 != "'" }
      let name = Self.name(text[...])
      let versions = text.dropFirst(name.count)
      if name.isEmpty || !Self.areVersions(versions) {
        warnings.append("not taken over from pip install: \(text.prefix(80))")
      } else if !installations.contains(where: { Self.normal($0.package) == Self.normal(name) }) {
        installations.append((name, String(versions)))
      }
    }
  }

  /// The text of `requirements.txt`, without modules that are there anyway.
  mutating func text(without provided: Set<String>) -> String {
    var lines: [String] = []
    var done: Set<String> = []
    for (module, wish) in imports where !PythonPackages.isStandard(module) {
      let isLocal = provided.contains(module) && wish.package == nil && wish.rest.isEmpty
      if isLocal { continue }
      // A version behind the import says that it is a package of that name.
      let guess = wish.rest.isEmpty ? nil : module
      let named = installations.first { Self.normal($0.package) == Self.normal(module) }?.package
      guard let package = wish.package ?? PythonPackages.package(of: module) ?? named ?? guess
      else {
        // It may come with one of the installations, whatever that is called.
        lines.append("# \(module): the package isn't known")
        warnings.append(
          "the package of `import \(module)` isn't known; name it behind the import:"
            + " `import \(module)  # PACKAGE @latest`")
        continue
      }
      guard done.insert(Self.normal(package)).inserted else { continue }
      let installed = installations.first { Self.normal($0.package) == Self.normal(package) }
      lines.append(package + (wish.rest.isEmpty ? installed?.rest ?? "" : wish.rest))
    }
    for (package, rest) in installations where done.insert(Self.normal(package)).inserted {
      lines.append(package + rest)
    }
    return (["# from the notebook's imports and pip lines"] + lines).joined(separator: "\n") + "\n"
  }

  /// What a comment asks for; nil when it says to ignore the import.
  private func wish(_ comment: String) -> Wish? {
    let name = Self.name(comment[...])
    let rest = comment.dropFirst(name.count).filter { !$0.isWhitespace }
    let package = name.isEmpty ? nil : name
    if rest == "@ignore" { return nil }
    if rest == "@latest" { return Wish(package: package) }
    guard let first = rest.first, "[<>=~!".contains(first), Self.areVersions(rest[...]) else {
      return Wish()
    }
    return Wish(package: package, rest: rest)
  }

  private static func name(_ text: Substring) -> String {
    let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    return name.first.map { $0.isLetter || $0.isNumber } == true ? String(name) : ""
  }

  /// Whether a text is empty or extras and versions.
  private static func areVersions(_ text: Substring) -> Bool {
    guard let first = text.first else { return true }
    return "[<>=~!".contains(first)
      && text.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "[]<>=~!,.*+-_".contains($0))
      }
  }

  /// Names of packages are the same whatever their case and separators.
  private static func normal(_ name: String) -> String {
    name.lowercased().replacing("_", with: "-").replacing(".", with: "-")
  }
}
