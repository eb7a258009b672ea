import Glibc
import Testing

@testable import Orchestration

private func append(_ text: String, to path: String) throws {
  let file = try #require(fopen(path, "a"))
  fputs(text, file)
  fclose(file)
}

private func text(_ tail: inout LogTail) -> String { String(decoding: tail.next(), as: UTF8.self) }

@Test func aLogIsReadFromItsBeginningAsItGrowsAndAcrossItsRotation() throws {
  let folder = try TestFolder()
  let path = "\(folder.path)/1.log"
  var tail = LogTail(path, from: .lastLines(0))
  #expect(text(&tail) == "", "it isn't there yet")
  try append("one\n", to: path)
  #expect(text(&tail) == "one\n", "a log that begins later is read whole")
  try append("two\n", to: path)
  rename(path, path + ".1")
  try append("three\n", to: path)
  #expect(text(&tail) == "two\n")
  #expect(text(&tail) == "")
  #expect(text(&tail) == "three\n")
  truncate(path, 0)
  try append("4\n", to: path)
  #expect(text(&tail) == "4\n")
}

@Test(arguments: [
  (0, ""), (1, "c\n"), (2, "b\nc\n"), (3, "a\nb\nc\n"), (10, "a\nb\nc\n"),
])
func lastLinesAreCountedFromTheEnd(count: Int, expected: String) throws {
  let folder = try TestFolder()
  try folder.write("a\nb\nc\n", to: "1.log")
  var tail = LogTail("\(folder.path)/1.log", from: .lastLines(count))
  #expect(text(&tail) == expected)
  try append("d\n", to: "\(folder.path)/1.log")
  #expect(text(&tail) == "d\n")
}

@Test func aPieceIsBoundedAndALinkIsNotFollowed() throws {
  let folder = try TestFolder()
  try folder.write(String(repeating: "x", count: LogTail.chunkBytesMax + 1), to: "1.log")
  var tail = LogTail("\(folder.path)/1.log", from: .beginning)
  #expect(tail.next().count == LogTail.chunkBytesMax)
  #expect(tail.next().count == 1)
  #expect(symlink("\(folder.path)/1.log", "\(folder.path)/2.log") == 0)
  var other = LogTail("\(folder.path)/2.log", from: .beginning)
  #expect(other.next().isEmpty)
}
