import Testing

@testable import Cryptography

@Test(
  arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
func base64MatchesTheVectorsOfItsStandard(plain: String, encoded: String) throws {
  #expect(try Base64.encode(plain.utf8) == encoded)
  #expect(try Base64.decode(encoded) == Array(plain.utf8))
}

@Test func everyByteValueSurvivesARoundTrip() throws {
  let bytes = (0..<768).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  #expect(try Base64.decode(Base64.encode(bytes)) == bytes)
}

@Test(
  arguments: [
    "Zg", "Zg=", "Zg===", "Zm9v=", "====", "=Zg=", "Z===", " Zm9v", "Zm9v\n", "Zm9v    ", "Zm 9",
    "Zm9v\u{0}\u{0}\u{0}\u{0}", "Zm-_", "Zh==", "Zm9=", "Zg==Zg==", "Zé==",
  ])
func decodingRefusesEveryTextThatIsNotCanonical(text: String) {
  #expect(throws: CryptoError.self) { try Base64.decode(text) }
}

@Test func badBase64SaysWhatIsWrong() {
  let error = #expect(throws: CryptoError.self) { try Base64.decode("abc") }
  #expect(error?.code == .badEncoding)
  #expect(error?.description == "decoding base64: its length, 3, is not a multiple of 4")
}
