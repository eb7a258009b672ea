import Competition
import EventLoop
import Glibc
import Testing

@testable import Orchestration

@Test func deploymentIDsCarryTheLocalTimeInMilliseconds() {
  var seconds = time_t(1_795_000_000)
  var local = tm()
  localtime_r(&seconds, &local)
  let text = DeploymentID.text(
    ModelID("9647"), at: UTCTime(microsecondsSinceEpoch: 1_795_000_000_045_678))
  var buffer = [CChar](repeating: 0, count: 64)
  strftime(&buffer, 64, "9647_%Y%m%d_%H%M%S_045", &local)
  let expected = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  #expect(text == String(decoding: expected, as: UTF8.self))
}

@Test(arguments: [
  ("9647", true), ("a.b_c-1", true), ("", false), (".", false), ("..", false), ("../x", false),
  ("a/b", false), ("-rf", false), (".hidden", false), ("a b", false), ("a\u{0}b", false),
  ("é", false), (String(repeating: "a", count: 128), true),
  (String(repeating: "a", count: 129), false),
])
func onlyHarmlessTextsMayNameFiles(text: String, allowed: Bool) {
  #expect(SafeName.allows(text) == allowed)
}

@Test(arguments: [
  ("port", "port", 0), ("prot", "port", 2), ("", "abc", 3), ("intervall", "interval", 1),
])
func editDistancesAreLevenshteins(left: String, right: String, distance: Int) {
  #expect(EditDistance.between(left, right) == distance)
  #expect(EditDistance.between(right, left) == distance)
}

@Test func theGateLetsInAsManyAsItHasPlacesInOrder() {
  let gate = StartGate(placesMax: 2)
  var entered: [Int] = []
  let passes = (0..<5).map { index in gate.enter { entered.append(index) } }
  #expect(entered == [0, 1])
  gate.leave(passes[3])
  gate.leave(passes[0])
  #expect(entered == [0, 1, 2])
  gate.leave(passes[0])
  #expect(entered == [0, 1, 2], "a place is given back once")
  gate.leave(passes[1])
  #expect(entered == [0, 1, 2, 4], "the one that left the line is passed over")
}

@Test func aLongLineOfThoseThatLeaveAtOnceIsAdmittedWithoutDeepCalls() {
  let gate = StartGate(placesMax: 1)
  let first = gate.enter {}
  var leftCount = 0
  let passes = Shelf<[StartGate.Pass]>()
  passes.item = []
  for index in 0..<100_000 {
    let pass = gate.enter {
      leftCount += 1
      if let pass = passes.item?[index] { gate.leave(pass) }
    }
    passes.item?.append(pass)
  }
  gate.leave(first)
  #expect(leftCount == 100_000)
}

@Test func portsAreGivenToOneAtATimeAndPortsInUseAreSkipped() async throws {
  try await withLoop { thread in
    try await thread.run { loop in
      let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
      let holder = try TCPListener(on: address, loop: loop) { $0.close() }
      let used = holder.address.port
      let pool = PortPool(used...used, on: loop)
      #expect(pool.take() == nil, "the only port is in use")
      holder.close()
      #expect(pool.take() == used)
      #expect(pool.take() == nil, "it is given already")
      pool.giveBack(used)
      #expect(pool.take() == used)
    }
  }
}

@Test func aLogIsRotatedOnceAtItsLimit() async throws {
  let folder = try TestFolder()
  try await withLoop { thread in
    try await thread.run { loop in
      let log = try ModelLog(name: "m", folder: folder.path, on: loop, bytesMax: 1_000)
      for index in 0..<50 {
        log.add("line \(index)")
        log.turnDidEnd()
      }
      log.close()
      #expect(log.lostLineCount == 0)
    }
  }
  let (old, new) = (folder.read("m.log.1"), folder.read("m.log"))
  #expect(new.hasSuffix("line 49\n"))
  #expect(old.utf8.count <= 1_000 && new.utf8.count <= 1_000)
  #expect(old.utf8.count > 900, "the file was rotated too early")
}

@Test func aLogThatIsASymbolicLinkOrHasABadNameIsRefused() async throws {
  let folder = try TestFolder()
  try folder.write("keep", to: "target")
  symlink("\(folder.path)/target", "\(folder.path)/m.log")
  try await withLoop { thread in
    await thread.run { loop in
      for name in ["m", "../m", ""] {
        #expect(throws: FileError.self) {
          try ModelLog(name: name, folder: folder.path, on: loop).close()
        }
      }
    }
  }
  #expect(folder.read("target") == "keep")
}

@Test func linesForAFullDiskAreCountedAndTheModelGoesOn() async throws {
  let folder = try TestFolder()
  try await withLoop { thread in
    try await thread.run { loop in
      let log = try ModelLog(name: "m", folder: folder.path, on: loop, bytesMax: 100)
      log.add("first")
      log.turnDidEnd()
      // The folder goes away under the log: the rotation can't open a new file.
      unlink("\(folder.path)/m.log")
      rmdir(folder.path)
      log.add(String(repeating: "x", count: 100))
      log.add("third")
      log.turnDidEnd()
      #expect(log.lostLineCount == 2)
      log.close()
    }
  }
}

@Test func childrenSeeNothingOfOurSecrets() {
  let ours = [
    "PATH": "/bin", "HOME": "/users/op", "LANG": "C", "POSTGRES_PASSWORD": "secret",
    "PIP_INDEX_URL": "https://index", "https_proxy": "http://proxy",
  ]
  let model = ChildEnvironment.model(ours, virtualEnvironment: "/venv", home: nil)
  #expect(
    model == [
      "PATH": "/venv/bin:/bin", "HOME": "/users/op", "LANG": "C", "PYTHONUNBUFFERED": "1",
      "VIRTUAL_ENV": "/venv",
    ])
  let own = ChildEnvironment.model(ours, virtualEnvironment: nil, home: "/game/homes/7")
  #expect(own["HOME"] == "/game/homes/7" && own["TMPDIR"] == "/game/homes/7")
  let pip = ChildEnvironment.installer(ours)
  #expect(pip["PIP_INDEX_URL"] == "https://index" && pip["https_proxy"] == "http://proxy")
  #expect(pip["POSTGRES_PASSWORD"] == nil)
  let other = ChildEnvironment.installer(ours, asAnotherUser: true)
  #expect(other["HOME"] == "/nonexistent" && other["PIP_NO_CACHE_DIR"] == "1")
}

@Test func equalRequirementsShareAnEnvironmentAndChangedOnesDoNot() throws {
  let folder = try TestFolder()
  for name in ["a", "b", "c", "d"] { try folder.write("", to: "\(name)/main.py") }
  try folder.write("numpy==2.0\n", to: "a/requirements.txt")
  try folder.write("numpy==2.0\n", to: "b/requirements.txt")
  try folder.write("numpy==2.1\n", to: "c/requirements.txt")
  try folder.write("# nothing\n\n", to: "d/requirements.txt")
  try folder.write("x = 1", to: "base/module.py")
  func fingerprint(_ name: String, _ python: String = "python 3.11.7") throws -> String {
    try EnvironmentRecipe(
      interpreter: python, packages: ["runner==1", "\(folder.path)/base"],
      submissionFolder: "\(folder.path)/\(name)"
    ).fingerprint
  }
  let first = try fingerprint("a")
  #expect(first.count == 32)
  #expect(try fingerprint("b") == first)
  #expect(try fingerprint("c") != first)
  #expect(try fingerprint("a", "python 3.12.1") != first)
  let none = try fingerprint("none")
  #expect(try fingerprint("d") == none, "comments ask for nothing")
  try folder.write("x = 2", to: "base/module.py")
  #expect(try fingerprint("a") != first, "the base package has changed")
  try folder.write("built", to: "base/game.egg-info/PKG-INFO")
  let second = try fingerprint("a")
  try folder.write("again", to: "base/build/lib/module.py")
  #expect(try fingerprint("a") == second, "what an installation leaves behind is no change")
}

@Test func requirementsThatLeadToOtherFilesAreNotShared() throws {
  let folder = try TestFolder()
  for name in ["a", "b"] { try folder.write("./wheel.whl\n", to: "\(name)/requirements.txt") }
  let prints = try ["a", "b"].map {
    try EnvironmentRecipe(
      interpreter: "p", packages: [], submissionFolder: "\(folder.path)/\($0)"
    ).fingerprint
  }
  #expect(prints[0] != prints[1])
}
