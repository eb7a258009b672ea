import Testing

/// Each rule, seen failing on a sample that breaks it and passing on its neighbour.
@Suite struct RuleTests {
  private func swift(_ text: String, at path: String = "Sources/Rounds/Roster.swift") -> SourceFile
  {
    SourceFile(path: path, text: text)
  }

  @Test func aFileOfTheLimitPassesAndOneLineMoreFails() {
    let limit = String(repeating: "let a = 1\n", count: SizeRules.fileLinesMax)
    #expect(SizeRules.fileLength(swift(limit)).isEmpty)
    #expect(SizeRules.fileLength(swift(limit + "let b = 1\n")).count == 1)
    #expect(SizeRules.fileLength(SourceFile(path: "docs/a.md", text: limit + limit)).isEmpty)
    #expect(
      SizeRules.fileLength(SourceFile(path: "CShims/C/a.cpp", text: limit + limit)).count == 1)
  }

  @Test func aLineOfTheLimitPassesAndOneColumnMoreFails() {
    let limit = String(repeating: "é", count: SizeRules.columnsMax)
    #expect(SizeRules.lineLength(swift("//\n" + limit)).isEmpty)
    #expect(SizeRules.lineLength(swift("//\n" + limit + "x")).map(\.line) == [2])
    #expect(SizeRules.lineLength(SourceFile(path: "a.py", text: limit + "x")).count == 1)
    #expect(SizeRules.lineLength(SourceFile(path: "a.md", text: limit + "x")).isEmpty)
  }

  @Test(arguments: [
    "func run() {", "init?(text: String) {", "deinit {", "subscript(i: Int) -> Int {",
  ])
  func aFunctionOfTheLimitPassesAndOneLineMoreFails(head: String) {
    func sample(lines: Int) -> SourceFile {
      swift("struct S {\n" + head + String(repeating: "\n  f()", count: lines - 2) + "\n}\n}")
    }
    #expect(SizeRules.functionLength(sample(lines: SizeRules.functionLinesMax)).isEmpty)
    let findings = SizeRules.functionLength(sample(lines: SizeRules.functionLinesMax + 1))
    #expect(findings.map(\.line) == [2])
  }

  @Test func bracesInStringsAndCommentsAndRequirementsDoNotCount() {
    let filler = String(repeating: "\n  // {", count: 80)
    #expect(SizeRules.functionLength(swift("func a() { print(\"{\") }" + filler)).isEmpty)
    let requirements = "protocol P {\n  func a()\n  func b()\n}\nstruct S {" + filler + "\n}"
    #expect(SizeRules.functionLength(swift(requirements)).isEmpty)
  }

  @Test func masksCommentsAndStringsAndKeepsTheCodeOfInterpolations() {
    #expect(MaskedSwift.mask("a /* b /* c */ d */ e // f\ng") == "a                   e     \ng")
    #expect(MaskedSwift.mask(#"x("a\"b)", y)"#) == #"x("     ", y)"#)
    #expect(MaskedSwift.mask(#""a\(f("b") + (c))d" + e"#) == #""  (f(" ") + (c)) " + e"#)
    #expect(MaskedSwift.mask("#\"a\\\"# + b") == "#\"  \"# + b")
    #expect(MaskedSwift.mask("\"\"\"\n{ \"x\"\n\"\"\" }") == "\"\"\"\n     \n\"\"\" }")
  }

  @Test func unfinishedWorkIsFoundInAnyText() {
    let mark = "TO" + "DO"
    #expect(TextRules.marks(swift("// \(mark): later")).count == 1)
    #expect(TextRules.marks(SourceFile(path: "a.md", text: "x\n\(mark)\n")).map(\.line) == [2])
    #expect(TextRules.marks(swift("let \(mark)s = 1")).isEmpty)
  }

  @Test func trapsAreFoundInCodeOnly() {
    #expect(TextRules.traps(swift("fatalError(\"no\")")).count == 1)
    #expect(TextRules.traps(swift("let a = try! f()\nlet b = c as! D")).count == 2)
    #expect(TextRules.traps(swift("// try! it, fatalError(\nlet s = \"try!\"")).isEmpty)
  }

  @Test func sleepsAreFoundInTestsOnly() {
    let text = "try await Task.sleep(for: .seconds(1))\nusleep(5)"
    #expect(TextRules.sleeps(swift(text, at: "Tests/RoundsTests/A.swift")).count == 2)
    #expect(TextRules.sleeps(swift(text)).isEmpty)
    #expect(TextRules.sleeps(swift("let sleeps = 1", at: "Tests/A/A.swift")).isEmpty)
  }

  @Test func pathsOfOneMachineAreFoundAndRelativeOnesAreNot() {
    for folder in ["ho" + "me", "ro" + "ot", "wo" + "rk", "Use" + "rs"] {
      #expect(TextRules.machinePaths(swift("let p = \"/\(folder)/x\"")).count == 1)
      #expect(TextRules.machinePaths(swift("// see docs/\(folder)/x and ~/\(folder)/x")).isEmpty)
    }
    #expect(TextRules.machinePaths(swift("\"/workspace/code\" \"/var/lib/x\"")).isEmpty)
  }

  @Test func namesThatSayNothingAreFoundInTypesAndFiles() {
    #expect(TextRules.emptyNames(swift("final class ModelManager {}")).count == 1)
    #expect(TextRules.emptyNames(swift("enum Utils {}")).count == 1)
    #expect(TextRules.emptyNames(swift("", at: "Sources/A/TimeHelpers.swift")).count == 1)
    #expect(TextRules.emptyNames(swift("struct Utilisation {}")).isEmpty)
  }

  @Test func strayFilesAreFound() {
    #expect(TextRules.strayFiles(swift("", at: "Sources/A/Placeholder.swift")).count == 1)
    #expect(TextRules.strayFiles(SourceFile(path: "Package.resolved", text: "{}")).count == 1)
    #expect(TextRules.strayFiles(swift("")).isEmpty)
  }

  @Test func aCModuleOfTwoModulesOrInAPublicImportIsFound() {
    let shim = SourceFile(path: "CShims/CLibUV/shim.h", text: "")
    let owner = swift("import CLibUV", at: "Sources/EventLoop/Loop.swift")
    let second = swift("internal import CLibUV", at: "Sources/Rounds/A.swift")
    let open = swift("\npublic import CLibUV", at: "Sources/EventLoop/Timer.swift")
    #expect(ModuleRules.cModules([shim, owner]).isEmpty)
    #expect(ModuleRules.cModules([shim, owner, second]).map(\.path) == [second.path])
    #expect(ModuleRules.cModules([shim, owner, open]).map(\.line) == [2])
    #expect(ModuleRules.cModules([owner, second]).isEmpty)
  }

  @Test func aTypeNamedLikeItsModuleIsFound() {
    #expect(ModuleRules.typesNamedLikeTheirModule(swift("struct Rounds {}")).count == 1)
    #expect(ModuleRules.typesNamedLikeTheirModule(swift("struct RoundsTable {}")).isEmpty)
    #expect(ModuleRules.typesNamedLikeTheirModule(swift("// struct Rounds")).isEmpty)
  }

  @Test func linksMustLeadToAFileAndAHeadingOfIt() {
    let page = SourceFile(path: "docs/a.md", text: "# Two words, a `code`\n```\n# none\n```\n")
    func broken(_ link: String) -> [Int] {
      let file = SourceFile(path: "docs/b.md", text: "# Here\n[x](\(link))\n```\n[x](no.md)\n```")
      let rules = LinkRules([page, file], paths: ["docs/a.md", "docs/b.md", "Sources/A/B.swift"])
      return rules.brokenLinks(file).map(\.line)
    }
    let right = [
      "a.md", "a.md#two-words-a-code", "#here", "../Sources", "../Sources/A/B.swift",
      "https://example.com/no.md", "./a.md",
    ]
    for link in right { #expect(broken(link).isEmpty, "\(link)") }
    for link in ["c.md", "a.md#none", "#there", "../../a.md", "../Sources/A/B.swift#x"] {
      #expect(broken(link) == [2], "\(link)")
    }
  }
}
