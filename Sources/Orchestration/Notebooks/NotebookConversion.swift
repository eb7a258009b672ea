/// A Jupyter notebook as a submission: `main.py`, `requirements.txt` and the files that it embeds.
///
/// The rules are those of CrunchDAO's converter: imports, functions and classes are kept,
/// everything else of a code cell is commented out, since it was for trying things; `#
/// @crunch/keep:on` keeps all that follows in its cell, `keep:off` ends that, `keep:none` keeps
/// nothing. A markdown cell that begins with `---`, `file: NAME`, `---` is a file.
struct NotebookConversion {
  /// The text of `main.py`.
  private(set) var mainFile = ""
  /// The text of `requirements.txt`.
  private(set) var requirementsFile = ""
  /// The embedded files in their order.
  private(set) var embedded: [(path: String, text: String)] = []
  /// What its owner should know.
  private(set) var warnings: [String] = []

  private enum Keeping { case necessary, everything, nothing }

  private var output: [String] = []
  private var requirements = NotebookRequirements()

  /// Converts a notebook.
  ///
  /// - Parameters:
  ///   - bytes: The notebook.
  ///   - provided: Names of modules that the environment or the upload has anyway.
  /// - Throws: `NotebookFault` with the cell.
  init(_ bytes: [UInt8], provided: Set<String> = []) throws(NotebookFault) {
    for (index, cell) in try NotebookCells(bytes).cells.enumerated() {
      do {
        switch cell.kind {
        case "code": try addCode(cell.lines)
        case "markdown": try addMarkdown(cell.lines)
        default: continue
        }
      } catch let fault as PythonFault {
        throw NotebookFault("line \(fault.line): \(fault.reason)", cell: index + 1)
      } catch let fault as NotebookFault {
        throw NotebookFault(fault.reason, cell: index + 1)
      } catch {
        throw NotebookFault("\(error)", cell: index + 1)
      }
    }
    mainFile = output.joined(separator: "\n\n\n") + "\n"
    let own = embedded.map { String($0.path.prefix { $0 != "/" && $0 != "." }) }
    requirementsFile = requirements.text(without: provided.union(own))
    warnings += requirements.warnings
  }

  private mutating func addCode(_ source: [String]) throws {
    if let magic = source.first(where: { !$0.allSatisfy(\.isWhitespace) }), magic.hasPrefix("%%") {
      let name = magic.dropFirst(2).prefix { !$0.isWhitespace }
      if !["time", "timeit", "capture", "prun"].contains(name) {
        warnings.append("a cell of %%\(name) is commented out")
        return append(source.map { "#\($0)" })
      }
    }
    var lines: [String] = []
    for line in source { lines.append(try withoutMagic(line)) }
    var keeping = Keeping.necessary
    var kept: [String] = []
    for piece in try PythonStatements(lines).pieces {
      if case .line(let line) = piece { follow(line, &keeping) }
      kept += try convert(piece, keeping)
    }
    append(kept)
  }

  private mutating func append(_ lines: [String]) {
    let isEmpty = { (line: String) in line.isEmpty }
    let trimmed = Array(lines.drop(while: isEmpty).reversed().drop(while: isEmpty).reversed())
    if !trimmed.isEmpty { output.append(trimmed.joined(separator: "\n")) }
  }

  /// Comments Jupyter's own lines out, after reading what they install.
  private mutating func withoutMagic(_ line: String) throws -> String {
    let blanks = line.prefix(while: \.isWhitespace)
    let command = line.dropFirst(blanks.count)
    let starts = ["!", "%", "pip ", "pip3 "]
    guard starts.contains(where: command.hasPrefix) else { return line }
    requirements.addInstallation(String(command))
    return blanks.isEmpty ? "#\(command)" : "\(blanks)pass  #\(command)"
  }

  private func follow(_ line: String, _ keeping: inout Keeping) {
    switch line.drop(while: { $0.isWhitespace || $0 == "#" }) {
    case let tag where tag.hasPrefix("@crunch/keep:on"): keeping = .everything
    case let tag where tag.hasPrefix("@crunch/keep:off"): keeping = .necessary
    case let tag where tag.hasPrefix("@crunch/keep:none"): keeping = .nothing
    default: break
    }
  }

  private mutating func convert(
    _ piece: PythonStatements.Piece, _ keeping: Keeping
  ) throws -> [String] {
    switch piece {
    case .line(let line): return [line]
    case .block(let lines, let isDefinition):
      if keeping == .everything || (keeping == .necessary && isDefinition) { return lines }
      return lines.map { "#\($0)" }
    case .simple(let lines, let statements, let comment):
      guard keeping != .nothing else { return lines.map { "#\($0)" } }
      let imports = statements.filter(PythonImport.isImport)
      for statement in imports { try requirements.addImport(statement, comment: comment) }
      if keeping == .everything || imports.count == statements.count { return lines }
      if imports.isEmpty { return lines.map { "#\($0)" } }
      return statements.flatMap { statement -> [String] in
        let isKept = PythonImport.isImport(statement)
        return statement.split(separator: "\n", omittingEmptySubsequences: false).map {
          isKept ? String($0) : "#\($0)"
        }
      }
    }
  }

  private mutating func addMarkdown(_ lines: [String]) throws {
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return }
    let settings = lines[1..<end]
    guard !settings.contains(where: { $0.allSatisfy(\.isWhitespace) }) else { return }
    let line = settings.first { $0.hasPrefix("file:") }
    guard let line else { throw NotebookFault("its heading has no `file: NAME`") }
    let path = line.dropFirst(5).filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
    guard UploadName.allows(path), path.lowercased() != "main.py" else {
      throw NotebookFault("\"\(path.prefix(80))\" can't be the name of an embedded file")
    }
    guard !embedded.contains(where: { $0.path.lowercased() == path.lowercased() }) else {
      throw NotebookFault("the file \(path) is embedded twice")
    }
    let text = lines[(end + 1)...].joined(separator: "\n")
    let start = text.drop(while: \.isWhitespace)
    let last = start.lastIndex { !$0.isWhitespace }
    embedded.append((path, (last.map { String(start[...$0]) } ?? "") + "\n"))
  }
}
