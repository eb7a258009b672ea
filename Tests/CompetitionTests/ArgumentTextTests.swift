import Competition
import Glibc
import Testing

@Test func argumentTextReadsEveryKind() throws {
  let cases: [(String, CallArgument)] = [
    ("BTC", CallArgument(.string("BTC"))), ("s:BTC", CallArgument(.string("BTC"))),
    ("s:i:3", CallArgument(.string("i:3"))), ("s:a=b", CallArgument(.string("a=b"))),
    ("s:", CallArgument(.string(""))), ("i:3600", CallArgument(.int(3_600))),
    ("i:-9223372036854775808", CallArgument(.int(.min))), ("d:1.5", CallArgument(.double(1.5))),
    ("j:{\"a\":[1,2]}", CallArgument(.json("{\"a\":[1,2]}"))),
    ("j:{\"a\":\"b=c\"}", CallArgument(.json("{\"a\":\"b=c\"}"))),
    ("step=i:60", CallArgument(.int(60), keyword: "step")),
    ("_x1=a=b", CallArgument(.string("a=b"), keyword: "_x1")),
    ("1x=a", CallArgument(.string("1x=a"))), ("=a", CallArgument(.string("=a"))),
    ("", CallArgument(.string(""))),
  ]
  for (text, expected) in cases { #expect(try ArgumentText.parse(text) == expected, "\(text)") }
}

@Test(arguments: ["i:1.5", "i:", "i:99999999999999999999", "d:x", "d:", "j:", "j:  ", "@", "a=i:x"])
func argumentTextRefusesWhatItCannotReadAndNamesIt(text: String) {
  let error = #expect(throws: ArgumentTextError.self) { try ArgumentText.parse(text) }
  #expect(error?.description.contains("such as") == true)
}

@Test func argumentTextReadsJSONFromAFile() throws {
  let path = "/tmp/updraft-argument-\(getpid())-\(UInt64.random(in: 0 ... .max)).json"
  let file = try #require(fopen(path, "w"))
  fputs("{\"BTC\":[[1,2.5]]}", file)
  fclose(file)
  defer { unlink(path) }
  #expect(try ArgumentText.parse("data=@\(path)").value == .json("{\"BTC\":[[1,2.5]]}"))
}

@Test func argumentTextSaysWhyAFileCannotBeRead() {
  let error = #expect(throws: ArgumentTextError.self) {
    try ArgumentText.parse("@/nonexistent/args.json")
  }
  #expect(error?.description.contains("No such file") == true)
  #expect(throws: ArgumentTextError.self) { try ArgumentText.parse("@/tmp") }
}

@Test func argumentListsRefuseRepeatedKeywordsAndPositionalsAfterThem() throws {
  #expect(try ArgumentText.parse(all: ["BTC", "i:1", "step=i:60"]).count == 3)
  #expect(throws: ArgumentTextError.self) { try ArgumentText.parse(all: ["a=1", "a=2"]) }
  #expect(throws: ArgumentTextError.self) { try ArgumentText.parse(all: ["a=1", "BTC"]) }
}
