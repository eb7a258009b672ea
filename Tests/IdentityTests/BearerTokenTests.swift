import Cryptography
import Foundation
import Testing

@testable import Identity

private let text = "0123456789abcdef"

@Test func aTokenIsShownByBearerAndAsThePasswordOfBasic() throws {
  let token = try BearerToken(text)
  #expect(token.authorization == "Bearer \(text)")
  let basic = try Base64.encode(Array("anybody:\(text)".utf8))
  for shown in ["Bearer \(text)", "bearer  \(text)", "Basic \(basic)", "BASIC \(basic)"] {
    #expect(token.isShown(by: shown), "\(shown)")
  }
  let foreign = try Base64.encode(Array("\(text):other".utf8))
  for shown in [
    nil, "", text, "Bearer", "Bearer ", "Bearer \(text)0", "Bearer \(text.dropLast())",
    "Bearer \(text.uppercased())", "Digest \(text)", "Basic \(text)", "Basic \(foreign)",
    "Bearer \(text) \(text)",
  ] {
    #expect(!token.isShown(by: shown), "\(shown ?? "nothing")")
  }
  #expect(!"\(token)".contains(text), "a token that is printed by mistake stays secret")
}

@Test(arguments: [
  "", "0123456789abcde", "0123456789 abcdef", "0123456789abcdé!", "0123456789\nabcdef",
  String(repeating: "a", count: 513),
])
func aTextThatIsNoTokenIsRefusedAndNotRepeated(text: String) {
  let error = #expect(throws: KeyError.self) { try BearerToken(text) }
  #expect(error?.code == .badFormat)
  #expect(text.isEmpty || error?.description.contains(text) == false)
}

@Test func aTokensFileIsOneLineForItsOwnerOnly() throws {
  let folder = try KeyFolder()
  let path = "\(folder.path)/token"
  #expect(throws: KeyError.self) { try BearerToken(file: path) }
  try KeyFile.write(Array("\(text)\r\n".utf8), to: path, .secret)
  #expect(try BearerToken(file: path) == BearerToken(text))
  #expect(chmod(path, 0o640) == 0)
  let error = #expect(throws: KeyError.self) { try BearerToken(file: path) }
  #expect(error?.code == .exposedFile)
}
