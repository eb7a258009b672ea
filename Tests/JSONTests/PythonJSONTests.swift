import JSON
import Testing

private func verdict(_ text: [UInt8]) -> JSONVerdict {
  let checker = JSONChecker(depthMax: 64, bytesMax: 1 << 20)
  return text.withUnsafeBytes { checker.checkLikePython($0) }
}

@Test(
  arguments: [
    "NaN", "[NaN, Infinity, -Infinity]", "{\"a\":NaN}", "\"\\ud800\"", "[1e400, -1e400]",
    "[123456789012345678901234567890]", "[\"\\uDFFF\\\\\", NaN]", "[\"a\\\"NaN\", 1]", "[1, 2]",
    "\"NaN\"",
  ])
func whatPythonReadsIsTaken(text: String) {
  #expect(verdict(Array(text.utf8)).flaw == nil, "\(text)")
}

@Test(
  arguments: [
    "[NaN", "[nan]", "[+Infinity]", "[-NaN]", "[NaN 1]", "[NaN\"a\"]", "[NaN]]", "NaN NaN",
    "[NaN, oops]", "[\"\\ud800\", }", "", " ", "[Infinity,]", "{\"a\" NaN}", "[1e400 1]",
    "[\"\\ud80\", NaN]", "NaN\u{0}",
  ])
func whatPythonRefusesIsRefusedBesideWordsThatItTakes(text: String) {
  #expect(verdict(Array(text.utf8)).flaw != nil, "\(text)")
}

@Test func anIntegerThatPythonsIntRefusesIsRefused() {
  #expect(verdict(Array(String(repeating: "9", count: 4_300).utf8)).flaw == nil)
  #expect(verdict(Array(String(repeating: "9", count: 4_301).utf8)).flaw != nil)
}

@Test func wrongBytesStayWrongBesideNaN() {
  #expect(verdict(Array("[NaN, \"".utf8) + [0xFF] + Array("\"]".utf8)).flaw?.code == .invalidUTF8)
}
