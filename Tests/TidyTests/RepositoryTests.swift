import Testing

/// STYLE's limits, enforced on every file of the repository.
@Suite struct RepositoryTests {
  private static let perFile: [(name: String, rule: @Sendable (SourceFile) -> [Finding])] = [
    ("file length", SizeRules.fileLength),
    ("line length", SizeRules.lineLength),
    ("function length", SizeRules.functionLength),
    ("unfinished work", TextRules.marks),
    ("traps", TextRules.traps),
    ("sleeps in tests", TextRules.sleeps),
    ("paths of one machine", TextRules.machinePaths),
    ("empty names", TextRules.emptyNames),
    ("stray files", TextRules.strayFiles),
    ("types named like their module", ModuleRules.typesNamedLikeTheirModule),
  ]

  @Test(arguments: perFile.map(\.name))
  func noFileBreaks(rule name: String) throws {
    let rule = try #require(Self.perFile.first { $0.name == name }?.rule)
    let findings = try Repository.files().flatMap { rule($0) }
    #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
  }

  @Test func everyCModuleBelongsToOneSwiftModule() throws {
    let findings = ModuleRules.cModules(try Repository.files())
    #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
  }

  @Test func everyLinkOfADocumentLeadsSomewhere() throws {
    let files = try Repository.files()
    let rules = LinkRules(files, paths: try Repository.paths())
    let findings = files.flatMap(rules.brokenLinks)
    #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
  }

  @Test func theIndexOfTheDocumentationNamesEveryPage() throws {
    let index = try #require(try Repository.files().first { $0.path == "docs/README.md" })
    let text = index.lines.joined(separator: "\n")
    let pages = try Repository.paths().filter {
      $0.hasPrefix("docs/") && $0.hasSuffix(".md") && $0.split(separator: "/").count == 2
        && $0 != "docs/README.md"
    }
    let missing = pages.filter { !text.contains("](\($0.dropFirst(5)))") }
    #expect(missing.isEmpty)
  }

  @Test func theRulesSeeTheWholeRepository() throws {
    let paths = Set(try Repository.paths())
    #expect(paths.contains("Package.swift"))
    #expect(paths.contains("Tests/TidyTests/RepositoryTests.swift"))
    #expect(paths.contains { $0.hasPrefix("CShims/") })
    #expect(!paths.contains { $0.hasPrefix(".build/") })
  }
}
