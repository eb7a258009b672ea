import Cryptography
import Testing

@testable import Identity

@Test(arguments: [
  ([], ""), ([0], "1"), ([0, 0, 1], "112"), ([0x61], "2g"), ([0xff, 0xff], "LUv"),
  (Array("Hello World!".utf8), "2NEpo7TZRRrLZSi2U"),
  ([0x00, 0x00, 0x28, 0x7f, 0xb4, 0xcd], "11233QC4"),
])
func base58IsBitcoins(bytes: [UInt8], text: String) {
  #expect(Base58.encode(bytes) == text)
  #expect(Base58.decode(text) == bytes)
}

@Test(arguments: ["0", "O", "I", "l", " 1", "1\n", "é", "2g=", String(repeating: "1", count: 176)])
func base58RefusesOtherCharactersAndLongTexts(text: String) {
  #expect(Base58.decode(text) == nil)
}

@Test func base58TakesAsMuchAsItSaysAndNoMore() throws {
  let most = [UInt8](repeating: 0xff, count: Base58.bytesMax)
  let text = try #require(Base58.encode(most))
  #expect(text.count == Base58.charactersMax)
  #expect(Base58.decode(text) == most)
  #expect(Base58.encode(most + [0]) == nil)
}

@Test func base58GoesThereAndBackForAnyBytes() throws {
  var generator = SystemRandomNumberGenerator()
  for count in 0...64 {
    let zeros = [UInt8](repeating: 0, count: count % 5)
    let bytes = zeros + (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    #expect(Base58.decode(try #require(Base58.encode(bytes))) == bytes, "\(bytes)")
  }
}

@Test func hexadecimalIsStrictAboutLengthAndDigits() {
  #expect(Hexadecimal.encode([0, 0x0f, 0xa5]) == "000fa5")
  #expect(Hexadecimal.decode("000fA5", byteCount: 3) == [0, 0x0f, 0xa5])
  for text in ["000fa", "000fa500", "0x0fa5", "00 fa5", "000fg5", "", "٠٠٠٠٠٠"] {
    #expect(Hexadecimal.decode(text, byteCount: 3) == nil, "\(text)")
  }
}

@Test(arguments: [
  "YQ", "YQ=", "YR==", "YQ==\n", " YQ==", "YQ= =", "Y Q==", "YQ==YQ==", "_-8=", "Y===",
])
func base64WithSpareBitsBlanksOrWithoutPaddingIsRefused(text: String) {
  #expect(SignedMessage.base64Bytes(text) == nil)
  #expect(SignedMessage.base64Bytes("YQ==") == Array("a".utf8))
}

@Test(arguments: [
  ("9647", "\"9647\""), ("a\"b\\c/", #""a\"b\\c/""#),
  ("\n\r\t\u{8}\u{c}\u{1}", #""\n\r\t\b\f\u0001""#),
  ("é\u{7f}", "\"\\u00e9\u{7f}\""), ("😀", #""\ud83d\ude00""#),
])
func textsAreQuotedAsPythonQuotesThem(text: String, quoted: String) {
  #expect(PythonText.quoted(text) == quoted)
}
