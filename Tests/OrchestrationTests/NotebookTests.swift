import JSON
import Resilience
import Testing

@testable import Orchestration

private func notebook(_ cells: [(kind: String, source: String)]) -> [UInt8] {
  let values = cells.map { cell -> JSONValue in
    [
      "cell_type": .string(cell.kind), "metadata": .object([]), "outputs": .array([]),
      "source": .string(cell.source),
    ]
  }
  let root: JSONValue = ["cells": .array(values), "nbformat": 4]
  return Array(root.text().utf8)
}

private func converted(_ cells: String..., provided: Set<String> = []) throws -> NotebookConversion
{
  try NotebookConversion(notebook(cells.map { ("code", $0) }), provided: provided)
}

@Test func importsFunctionsAndClassesAreKeptAndTheRestIsCommentedOut() throws {
  let made = try converted(
    "# Hello World", "a = 42\ndef hello(x):\n    return x + 1\n", "a += 1\n\nclass Model:\n    pass"
  )
  #expect(
    made.mainFile == """
      # Hello World


      #a = 42
      def hello(x):
          return x + 1


      #a += 1

      class Model:
          pass

      """)
}

@Test(arguments: [
  ("for x in y:\n    if x:\n        print(x)\nelse:\n    pass", 5), ("while True:\n  pass", 2),
  ("if a:\n    b\n# c\nelif d:\n\n    e", 6),
  ("try:\n    a\nexcept* B:\n    c\nfinally:\n    d", 6),
  ("with open('f') as f:\n    '''\nnot the end\n'''", 4), ("match x:\n    case 1:\n        y", 3),
  ("match = 3", 1), ("x = [\n  1,\n]", 3), ("x = 'a' \\\n  'b'", 2), ("print(1); print(2)", 1),
  ("async for a in b:\n    c", 2), ("'''a\nb'''", 2), ("assert f(\"#\"), '(' # )", 1),
])
func everyLineOfOtherStatementsIsCommentedOut(source: String, lineCount: Int) throws {
  let lines = try converted(source).mainFile.split(separator: "\n")
  #expect(lines.count == lineCount)
  #expect(lines.allSatisfy { $0.hasPrefix("#") }, "\(lines)")
}

@Test(arguments: [
  "@cache\n# why\n@other(1)\ndef f(): return 1", "async def f():\n    await g()",
  "def f(a=\")\",\n      b=2):\n  '''\ntext at the margin\n  '''\n\n  # comment\n  return a",
  "class A(B):\n    x = 1\n\n    def f(self): pass", "from a import (b,\n  c)", "import a, b as c",
])
func definitionsAndImportsStayAsTheyAre(source: String) throws {
  #expect(try converted(source).mainFile == source + "\n")
}

@Test func importsBesideOtherStatementsAreTakenApart() throws {
  #expect(
    try converted("import os; x = 1; import sys").mainFile == "import os\n#x = 1\nimport sys\n")
}

@Test func tagsKeepEverythingOrNothingUntilTheEndOfTheirCell() throws {
  let made = try converted(
    "# @crunch/keep:on\na = 1\n# @crunch/keep:off\nb = 2", "#@crunch/keep:on\nc = 3", "d = 4",
    "# @crunch/keep:none\nimport e\ndef f(): pass")
  let lines = made.mainFile.split(separator: "\n")
  #expect(
    lines == [
      "# @crunch/keep:on", "a = 1", "# @crunch/keep:off", "#b = 2", "#@crunch/keep:on", "c = 3",
      "#d = 4", "# @crunch/keep:none", "#import e", "#def f(): pass",
    ])
  #expect(!made.requirementsFile.contains("e\n"))
}

@Test func magicsAreCommentedOutAndWhatTheyInstallIsRequired() throws {
  let made = try converted(
    "%matplotlib inline\n!pip install -q 'pandas==2.0' river --upgrade\npip install arch>=6 && ls",
    "def f():\n    %pip install -i https://evil/simple x git+https://e/v.git\n",
    "%%bash\nrm -rf /\n", "%%time\nimport numpy")
  #expect(
    made.mainFile.split(separator: "\n") == [
      "#%matplotlib inline", "#!pip install -q 'pandas==2.0' river --upgrade",
      "#pip install arch>=6 && ls", "def f():",
      "    pass  #%pip install -i https://evil/simple x git+https://e/v.git", "#%%bash",
      "#rm -rf /", "#%%time", "import numpy",
    ])
  #expect(
    made.requirementsFile.split(separator: "\n").dropFirst() == [
      "numpy", "pandas==2.0", "river", "arch>=6", "x",
    ])
  #expect(made.warnings.contains { $0.contains("https://evil") })
  #expect(made.warnings.contains { $0.contains("git+https") })
  #expect(made.warnings.contains { $0.contains("%%bash") })
}

@Test func requirementsComeFromImportsTheirCommentsAndNoGuesses() throws {
  let made = try converted(
    """
    import os, numpy as np
    from sklearn.linear_model import Ridge  # >= 1.3, < 2
    import torch.nn as nn  # pytorch-cpu [big] == 2.1
    import secret  # @ignore
    import special  # == 4
    import stranger
    from .own import x
    import helpers
    import game
    from sklearn import svm
    """, "!pip install stranger-things", provided: ["game", "helpers"])
  #expect(
    made.requirementsFile.split(separator: "\n").dropFirst() == [
      "numpy", "scikit-learn>=1.3,<2", "pytorch-cpu[big]==2.1", "special==4",
      "# stranger: the package isn't known", "stranger-things",
    ])
  #expect(made.warnings.count == 1 && made.warnings[0].contains("import stranger"))
}

@Test func differentVersionsOfOneModuleAreRefused() {
  #expect(throws: NotebookFault.self) { try converted("import a # == 1", "import a # == 2") }
}

@Test func markdownCellsWithAHeadingBecomeFiles() throws {
  let bytes = notebook([
    ("markdown", "---\nfile: lib/helper.py\n---\n\nx = 1\n"), ("markdown", "# Title\n---\n"),
    ("markdown", "---\n\nfile: no.py\n---\n"), ("raw", "nothing"),
    ("code", "from lib import helper"),
  ])
  let made = try NotebookConversion(bytes)
  #expect(made.embedded.map(\.path) == ["lib/helper.py"])
  #expect(made.embedded[0].text == "x = 1\n")
  #expect(!made.requirementsFile.contains("lib"))
}

@Test(arguments: ["../x.py", "/etc/cron.d/x", "main.py", ".ssh/key", "a\\b", ""])
func anEmbeddedFileCannotLeaveTheSubmission(path: String) {
  let bytes = notebook([("markdown", "---\nfile: \(path)\n---\nx")])
  #expect(throws: NotebookFault.self) { try NotebookConversion(bytes) }
}

@Test(arguments: [
  ("x = (1", "cell 1: line 1: a bracket isn't closed"),
  ("x = ]", "cell 1: line 1: ] closes nothing"),
  ("a = 1\n  b = 2", "cell 1: line 2: unexpected indentation"),
  ("x = '''a", "cell 1: line 1: a string that begins with ''' isn't closed"),
  ("a\nx = 'a", "cell 1: line 2: a string that begins with ' isn't closed"),
  ("@x", "cell 1: line 1: a decorator decorates nothing"),
])
func whatIsNoPythonIsToldWithItsPlace(source: String, message: String) {
  do {
    _ = try converted(source)
    Issue.record("it was converted")
  } catch {
    #expect("\(error)" == message)
  }
}

@Test(arguments: ["", "[]", "{\"cells\": 1}", "{\"cells\": [{}]}", "{\"worksheets\": []}"])
func whatIsNoNotebookIsRefused(text: String) {
  #expect(throws: NotebookFault.self) { try NotebookConversion(Array(text.utf8)) }
}

@Test func aNotebookWithTooMuchTextIsRefused() throws {
  let line = String(repeating: "#", count: 1_023) + "\n"
  let limit = String(repeating: line, count: NotebookCells.sourceBytesMax / 1_024)
  _ = try NotebookCells(notebook([("code", limit)]))
  #expect(throws: NotebookFault.self) { try NotebookCells(notebook([("code", limit + "#")])) }
}

@Test func whateverTheSourceIsEachLineStaysOrIsCommentedOutInItsPlace() {
  let words = [
    "def f():", "class A:", "if x:", "else:", "x = 1", "import os", "from a import b", "@d", "#c",
    "(", ")", "[", "'", "\"\"\"", "'''", "\\", "\n", "\n", "\n", "\n    ", "\n  ", "match", ":",
    " ",
    "async ", "é\u{301}", "\u{1F980}", "\t",
  ]
  var random = SplitMix64(seed: 20_261_122)
  var convertedCount = 0
  for round in 0..<4_000 {
    let source = (0..<Int.random(in: 1...24, using: &random)).map { _ in
      words.randomElement(using: &random) ?? ""
    }.joined()
    guard let made = try? converted(source) else { continue }
    convertedCount += 1
    let given = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let lines = made.mainFile.split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().map(String.init)
    // Empty lines at the ends of a cell go.
    var rest = given[...]
    for line in lines where !line.isEmpty {
      rest = rest.drop { $0.isEmpty && line != "#" }
      let next = rest.popFirst() ?? ""
      #expect(line == next || line == "#" + next, "round \(round): \(source.debugDescription)")
    }
    let isLost = rest.contains { !$0.isEmpty }
    #expect(!isLost, "round \(round): \(source.debugDescription)")
  }
  #expect(convertedCount > 400)
}
